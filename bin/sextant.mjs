#!/usr/bin/env node
// The `sextant` command: runs the compiled server. In a checkout it builds first what changed.
import { existsSync } from 'node:fs';

const main = new URL('../dist/src/main.js', import.meta.url);
if (existsSync(new URL('../src/main.ts', import.meta.url))) {
  const { buildNative, compile, ensureInstalled } = await import('../tools/lib/build.mjs');
  ensureInstalled();
  buildNative();
  if (!compile()) process.exit(1);
}
await import(main.href);

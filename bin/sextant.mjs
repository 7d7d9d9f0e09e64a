#!/usr/bin/env node
// The `sextant` command. In a checkout it compiles first what changed; an installed package comes compiled. Before it serves,
// the native core is built if there is a compiler and its sources are newer.
import { existsSync } from 'node:fs';
import { buildNative, compile, ensureInstalled } from '../tools/lib/build.mjs';

const inCheckout = existsSync(new URL('../src/main.ts', import.meta.url));
if (inCheckout) ensureInstalled();
const [verb] = process.argv.slice(2);
if (verb === undefined || verb === 'serve') buildNative();
if (inCheckout && !compile()) process.exit(1);
await import(new URL('../dist/src/main.js', import.meta.url).href);

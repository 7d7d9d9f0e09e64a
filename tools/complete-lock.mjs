// node tools/complete-lock.mjs, after a change of the dependencies: adds to package-lock.json the optional packages of
// other platforms that npm left out because its registry did not serve them. Without them `npm ci` refuses the lock file. The
// entries carry the exact version that the parent asks for, and no checksum, since there was nothing to compute it of.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const added = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const platform = platformOf(name);
    if (lock.packages[path] !== undefined || platform === null) continue;
    if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${name}: ${version} is no exact version`);
    lock.packages[path] = { version, ...platform, ...(parent.dev ? { dev: true } : {}), optional: true };
    added.push(`${name}@${version}`);
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
process.stderr.write(`added ${added.length} packages${added.map((text) => `\n  ${text}`).join('')}\n`);

/** `@biomejs/cli-linux-x64-musl` -> `{ os, cpu, libc }`; null when the name tells no platform. */
function platformOf(name) {
  const parts = name.split(/[-/]/);
  const os = SYSTEMS.find((system) => parts.includes(system));
  const cpu = PROCESSORS.find((processor) => parts.includes(processor));
  if (os === undefined || cpu === undefined) return null;
  const libc = parts.includes('musl') ? ['musl'] : undefined;
  return { cpu: [cpu], ...(libc ? { libc } : {}), os: [os] };
}

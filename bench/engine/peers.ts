import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Peers are packages of their own, so that nobody who runs a server installs them. */
const FOLDER = join(process.cwd(), 'bench/peers');
const HNSWLIB_ADDON = join(FOLDER, 'node_modules/hnswlib-node/build/Release/addon.node');

export type Peer = 'hnswlib-node' | 'usearch';

export const requirePeer = <T>(name: Peer): T => createRequire(join(FOLDER, 'package.json'))(name) as T;

export function peerVersion(name: Peer): string {
  return JSON.parse(readFileSync(join(FOLDER, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/** Installs what is missing; says what it does. */
export function ensurePeers(peers: readonly Peer[], say: (line: string) => void): void {
  if (peers.some((name) => !existsSync(join(FOLDER, 'node_modules', name)))) {
    say('installing peers into bench/peers (npm ci)');
    run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], 'the peers could not be installed');
  }
  if (peers.includes('hnswlib-node') && !existsSync(HNSWLIB_ADDON)) {
    say('compiling hnswlib-node with its own flags');
    compileHnswlib();
  }
}

/**
 * What `node-gyp rebuild` would do, without its download of Node's headers: the addon uses Node-API alone, whose headers
 * are the npm package node-api-headers. Optimisation as node-gyp's release build: -O3, no instruction set flags.
 */
function compileHnswlib(): void {
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers')), 'include');
  mkdirSync(dirname(HNSWLIB_ADDON), { recursive: true });
  const flags = '-O3 -std=gnu++17 -fPIC -pthread -fno-rtti -fno-omit-frame-pointer -shared'.split(' ');
  if (process.platform === 'darwin') flags.push('-undefined', 'dynamic_lookup');
  const includes = ['-I', 'node_modules/node-addon-api', '-I', headers];
  const source = 'node_modules/hnswlib-node/src/addon.cc';
  const rest = ['-DNAPI_DISABLE_CPP_EXCEPTIONS', ...includes, source, '-o', HNSWLIB_ADDON];
  run(process.env.CXX ?? 'c++', [...flags, ...rest], 'hnswlib-node could not be compiled');
}

function run(command: string, args: string[], failure: string): void {
  const { status, error } = spawnSync(command, args, { cwd: FOLDER, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  const reason = error?.message ?? `${command} ended with code ${status}`;
  throw Object.assign(new Error(`${failure}: ${reason}`), { expected: true });
}

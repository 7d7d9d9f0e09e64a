import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './config.ts';
import { EFFECTIVE_KEYS, type KeySpec } from './keys.ts';
import { loadConfig } from './load-config.ts';
import { fileSettings } from './settings.ts';

const MANUAL = readFileSync(new URL('../../config/default.yaml', import.meta.url), 'utf8');

const load = (text: string, env: Record<string, string> = {}, flags: Record<string, string> = {}) =>
  loadConfig({
    file: { path: 'my.yaml', text },
    env,
    flags: Object.entries(flags).map(([key, value]) => ({ key, value, source: `--${key}` })),
  });

describe('the manual, config/default.yaml', () => {
  it('names every effective key with its default', () => {
    const settings = new Map(fileSettings('default.yaml', MANUAL).map(({ key, value }) => [key, value]));
    const defaults = Object.entries(EFFECTIVE_KEYS as Record<string, KeySpec>);
    expect(settings).toEqual(new Map(defaults.map(([key, spec]) => [key, spec.default])));
  });

  it('is what holds without it', () => {
    expect(load(MANUAL)).toEqual(load(''));
    expect(load(MANUAL).warnings).toEqual([]);
  });
});

describe('sources', () => {
  it('win in the order file, QDRANT__, SEXTANT__, flags', () => {
    const port = (env: Record<string, string>, flags: Record<string, string> = {}) =>
      load('service: { http_port: 1 }', env, flags).config.service.httpPort;
    expect(port({})).toBe(1);
    expect(port({ QDRANT__SERVICE__HTTP_PORT: '2' })).toBe(2);
    expect(port({ SEXTANT__SERVICE__HTTP_PORT: '3', QDRANT__SERVICE__HTTP_PORT: '2' })).toBe(3);
    expect(port({ SEXTANT__SERVICE__HTTP_PORT: '3' }, { 'service.http_port': '4' })).toBe(4);
  });

  it('reads SEXTANT_ENGINE, and nothing else outside of the two prefixes', () => {
    const { config } = load('', { SEXTANT_ENGINE: 'wasm', QDRANT_BOOTSTRAP: 'x', PATH: '/bin' });
    expect(config.engine.core).toBe('wasm');
  });

  it('joins into collection defaults, by either name of a key', () => {
    const { config } = load(
      'storage: { hnsw_index: { m: 8, full_scan_threshold: 7 }, optimizers: { max_optimization_threads: auto, max_segment_size_kb: 9 } }',
    );
    expect(config.collectionDefaults.hnsw).toMatchObject({ m: 8, ef_construct: 100, full_scan_threshold: 7 });
    expect(config.collectionDefaults.optimizers).toMatchObject({
      max_optimization_threads: 'auto',
      max_segment_size: 9,
    });
  });

  it('takes null and empty groups as the defaults', () => {
    expect(
      load('service:\nstorage: { hnsw_index: {}, optimizers: { indexing_threshold_kb: null } }'),
    ).toEqual(load(''));
    expect(load('', { SEXTANT__ENGINE__SIMD: '' }).config.engine.simd).toBeNull();
  });
});

describe('keys without effect', () => {
  it.each(['gpu: { indexing: true }', 'cluster: { p2p: { port: 1 } }', 'service: { grpc_port: 6334 }'])(
    '%s is a warning',
    (text) => {
      const { warnings } = load(text);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^\w+[.\w]* \(from my\.yaml\) has no effect in Sextant$/);
    },
  );
});

describe('what stops the start', () => {
  it.each<[string, RegExp]>([
    ['service: { htp_port: 1 }', /^service\.htp_port \(from my\.yaml\): unknown key.*service\.http_port$/],
    ['storage: { hnsw_index: { ef_constuct: 1 } }', /storage\.hnsw_index\.ef_construct$/],
    ['service: 5', /^service \(from my\.yaml\): expected keys below it/],
    ['__proto__: 5', /^__proto__ .*unknown key/],
    ['service: { http_port: { a: 1 } }', /^service\.http_port\.a .*unknown key/],
    ['service: { http_port: x }', /^service\.http_port .*"x" is not an integer, from 0 to 65535$/],
    ['service: { http_port: 65536 }', /65536 is not an integer/],
    ['service: { http_port: -1 }', /-1 is not an integer/],
    ['service: { http_port: 1.5 }', /1\.5 is not an integer/],
    ['service: { http_port: [1] }', /is not an integer/],
    ['service: { max_request_size_mb: 0 }', /0 is not an integer, from 1 to 1024$/],
    ['service: { enable_cors: yes please }', /"yes please" is not true or false$/],
    ['service: { host: "" }', /is not a text that is not empty$/],
    ['storage: { hnsw_index: { ef_construct: 3 } }', /3 is not an integer, 4 or larger$/],
    ['storage: { optimizers: { deleted_threshold: 1.1 } }', /1\.1 is not a number from 0 to 1$/],
    ['storage: { optimizers: { max_optimization_threads: all } }', /, or auto$/],
    ['log_level: loud', /"loud" is not one of trace, debug, info, warn, error, off$/],
    ['engine: { core: fast }', /"fast" is not one of auto, native, wasm, reference$/],
    ['service: { api_key: secret }', /^service\.api_key .*open to everyone/],
    ['service: { enable_tls: true }', /TLS/],
    ['cluster: { enabled: true }', /clusters/],
    ['a: [', /^my\.yaml: /],
    ['- 1', /^my\.yaml: expected keys/],
    ['log_level: info\nlog_level: warn', /^my\.yaml: .*unique/],
  ])('%s', (text, message) => {
    expect(() => load(text)).toThrow(ConfigError);
    expect(() => load(text)).toThrow(message);
  });

  it('names the variable or the flag at fault', () => {
    expect(() => load('', { QDRANT__SERVICE__HTTP_PORT: 'a' })).toThrow(/from QDRANT__SERVICE__HTTP_PORT/);
    expect(() => load('', { SEXTANT__STORAG__PATH: 'a' })).toThrow(
      /^storag\.path \(from SEXTANT__STORAG__PATH\)/,
    );
    expect(() => load('', {}, { 'engine.threads': '-1' })).toThrow(/from --engine\.threads/);
  });

  it.each(['api_key: ""', 'api_key: null', 'jwt_rbac: false', 'enable_tls: false'])(
    'but not %s, which asks for nothing',
    (text) => {
      expect(load(`service: { ${text} }`)).toEqual(load(''));
    },
  );
});

it('reads levels in any case', () => {
  expect(load('log_level: WARN').config.log.level).toBe('warn');
});

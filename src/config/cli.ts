import { parseArgs } from 'node:util';
import { API_VERSION, SEXTANT_VERSION } from '../shared/version.ts';
import { ConfigError } from './config.ts';
import { nearest } from './nearest.ts';
import type { Setting } from './settings.ts';

export type Command =
  | { kind: 'serve'; configPath: string | null; flags: Setting[] }
  /** Print the text and end with success. */
  | { kind: 'print'; text: string };

/** Flags that set a key, with the words for the help. */
const KEY_FLAGS: Readonly<Record<string, readonly [key: string, value: string, help: string]>> = {
  host: ['service.host', 'HOST', 'address to listen on (default 127.0.0.1)'],
  port: ['service.http_port', 'PORT', 'port of the REST API (default 6333)'],
  'storage-path': ['storage.storage_path', 'DIR', 'where the data is (default ./storage)'],
  'log-level': ['log_level', 'LEVEL', 'trace, debug, info, warn, error or off (default info)'],
  engine: ['engine.core', 'CORE', 'auto, native, wasm or reference (default auto)'],
  threads: ['engine.threads', 'N', 'threads of the engine, 0 = one per processor (default 0)'],
};

/** Flags of Qdrant that need nothing done here. */
const QUIET_FLAGS = ['disable-telemetry'];

export const HELP = `sextant ${SEXTANT_VERSION} - a vector database that speaks Qdrant ${API_VERSION}'s REST API

Usage: sextant [serve] [options]

Options:
  --config-path FILE    settings in YAML; config/default.yaml lists every key
${Object.entries(KEY_FLAGS)
  .map(([flag, [, value, help]]) => `  ${`--${flag} ${value}`.padEnd(22)}${help}`)
  .join('\n')}
  --help                this text
  --version             the version

Each key can also be set by the environment, e.g. SEXTANT__SERVICE__HTTP_PORT=6333 (or QDRANT__...).
Flags win over the environment, the environment over the file.
`;

/** Reads the arguments after the program's name. Throws `ConfigError` for what it does not know. */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = readArguments(argv);
  if (values.help === true) return { kind: 'print', text: HELP };
  if (values.version === true) return { kind: 'print', text: `sextant ${SEXTANT_VERSION}\n` };
  const [verb = 'serve', ...rest] = positionals;
  if (verb === 'help') return { kind: 'print', text: HELP };
  if (verb !== 'serve' || rest.length > 0) {
    throw new ConfigError(`unknown command "${positionals.join(' ')}", see sextant --help`);
  }
  const flags = Object.entries(KEY_FLAGS).flatMap(([flag, [key]]) => {
    const value = values[flag];
    return value === undefined ? [] : [{ key, value, source: `--${flag}` }];
  });
  const configPath = values['config-path'];
  return { kind: 'serve', configPath: typeof configPath === 'string' ? configPath : null, flags };
}

function readArguments(argv: readonly string[]): {
  values: Record<string, unknown>;
  positionals: string[];
} {
  const texts = ['config-path', ...Object.keys(KEY_FLAGS)];
  const booleans = ['help', 'version', ...QUIET_FLAGS];
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {};
  for (const name of texts) options[name] = { type: 'string' };
  for (const name of booleans) options[name] = { type: 'boolean' };
  options.help = { type: 'boolean', short: 'h' };
  options.version = { type: 'boolean', short: 'V' };
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const message = (error as Error).message;
    const name = /^Unknown option '-*([^']+)'/.exec(message)?.[1];
    if (name === undefined) throw new ConfigError(message, { cause: error });
    const near = nearest(name, [...texts, ...booleans]);
    throw new ConfigError(`unknown option --${name}, the nearest known one is --${near}`, { cause: error });
  }
}

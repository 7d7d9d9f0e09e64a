import { parse } from 'yaml';
import { ConfigError } from './config.ts';

/** One value from outside: its dotted key, the value as given, and where it stands for messages. */
export interface Setting {
  key: string;
  value: unknown;
  source: string;
}

/** The settings of a YAML file, flattened. Throws `ConfigError` when it is no YAML mapping. */
export function fileSettings(path: string, text: string): Setting[] {
  let tree: unknown;
  try {
    tree = parse(text, { mapAsMap: true, uniqueKeys: true });
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (tree === null || tree === undefined) return [];
  if (!(tree instanceof Map)) throw new ConfigError(`${path}: expected keys with values`);
  return [...flatten(tree, '', path)];
}

function* flatten(tree: Map<unknown, unknown>, prefix: string, source: string): Generator<Setting> {
  for (const [name, value] of tree) {
    const key = `${prefix}${name}`;
    if (value instanceof Map && value.size > 0) yield* flatten(value, `${key}.`, source);
    else yield { key, value: value instanceof Map ? null : value, source };
  }
}

/** `QDRANT__A__B` and `SEXTANT__A__B`; Sextant's come last and so win. `SEXTANT_ENGINE` is `engine.core`. */
export function environmentSettings(env: Readonly<Record<string, string | undefined>>): Setting[] {
  const settings: Setting[] = [];
  for (const prefix of ['QDRANT__', 'SEXTANT__']) {
    for (const [name, value] of Object.entries(env)) {
      if (!name.startsWith(prefix) || value === undefined) continue;
      const key = name.slice(prefix.length).toLowerCase().replaceAll('__', '.');
      settings.push({ key, value, source: name });
    }
  }
  const core = env.SEXTANT_ENGINE;
  if (core !== undefined && core !== '')
    settings.push({ key: 'engine.core', value: core, source: 'SEXTANT_ENGINE' });
  return settings;
}

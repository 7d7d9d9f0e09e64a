import { badRequest, notImplemented } from '../model/errors.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import {
  PAYLOAD_INDEX_TYPES,
  type PayloadIndexSchema,
  type PayloadIndexType,
} from '../model/payload-schema.ts';
import {
  isAbsent,
  isObject,
  noVariant,
  optionalBool,
  readEnum,
  readObject,
  readPath,
  required,
} from './fields.ts';
import { optionalMemory } from './parse-config-diffs.ts';
import { plainJson } from './plain-json.ts';
import type { WriteRequest } from './requests.ts';
import type { Violations } from './violations.ts';

const WIRE_TYPES = ['keyword', 'integer', 'float', 'geo', 'text', 'bool', 'datetime', 'uuid'] as const;

/** `{field_name, field_schema}`: the schema (alias `field_type`) is a type's name or an object with `type`. */
export function parseCreateIndex(value: BodyValue, violations: Violations): WriteRequest {
  const object = readObject(value, 'CreateFieldIndex');
  const path = readPath(required(object, 'field_name')).text;
  const given = object.field_schema ?? object.field_type;
  if (isAbsent(given)) {
    throw badRequest("Can't auto-detect field type, please specify `field_schema` in the request");
  }
  return { kind: 'createIndex', path, schema: parseSchema(given, violations) };
}

function parseSchema(value: BodyValue, violations: Violations): PayloadIndexSchema {
  if (typeof value === 'string') return { type: indexType(value), params: null, lookup: true, range: true };
  if (!isObject(value)) throw noVariant('PayloadFieldSchema');
  const type = indexType(required(value, 'type'));
  const { lookup, range } = checkParams(type, value);
  if (!lookup && !range) {
    violations.add(
      'field_schema',
      "Validation error: the 'lookup' and 'range' capabilities can't be both disabled [{}]",
    );
  }
  return { type, params: knownParams(type, value), lookup, range };
}

function indexType(value: BodyValue): PayloadIndexType {
  const name = readEnum(value, WIRE_TYPES);
  const type = PAYLOAD_INDEX_TYPES.find((built) => built === name);
  if (type === undefined) throw notImplemented(`the payload index type \`${name}\``);
  return type;
}

/** Parameters of each type besides `type`, `on_disk`, `memory` and `enable_hnsw`; all are booleans. */
const EXTRA_PARAMS: Record<PayloadIndexType, readonly string[]> = {
  keyword: ['is_tenant', 'prefix'],
  integer: ['lookup', 'range', 'is_principal'],
  float: ['is_principal'],
  bool: [],
  datetime: ['is_principal'],
  uuid: ['is_tenant'],
};

function checkParams(type: PayloadIndexType, params: BodyObject): { lookup: boolean; range: boolean } {
  for (const name of ['on_disk', 'enable_hnsw', ...EXTRA_PARAMS[type]]) optionalBool(params, name);
  optionalMemory(params);
  if (type === 'keyword' && params.prefix === true) throw notImplemented('a keyword index with `prefix`');
  if (type !== 'integer') return { lookup: true, range: true };
  return {
    lookup: optionalBool(params, 'lookup') ?? true,
    range: optionalBool(params, 'range') ?? true,
  };
}

/** What collection info echoes: the known parameters that were given. */
function knownParams(type: PayloadIndexType, value: BodyObject): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const name of ['type', ...EXTRA_PARAMS[type], 'on_disk', 'memory', 'enable_hnsw']) {
    const param = value[name];
    if (!isAbsent(param)) out[name] = plainJson(param);
  }
  return out;
}

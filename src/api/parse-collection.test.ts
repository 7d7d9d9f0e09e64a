import { describe, expect, it } from 'vitest';
import { outcome, scanned } from '../../test/harness/scan.ts';
import { NO_HNSW_DIFF } from '../model/collection-config.ts';
import { checkCollectionName } from './collection-name.ts';
import { parseCreateCollection, parseUpdateCollection } from './parse-collection.ts';
import { parseBody } from './parse-points.ts';

const create = (text: string) => outcome(() => parseBody(scanned(text), parseCreateCollection));
const update = (text: string) => outcome(() => parseBody(scanned(text), parseUpdateCollection));
const refused = (fields: string) => `validation: Validation error in JSON body: [${fields}]`;
const matching = (error: string | RegExp) =>
  typeof error === 'string' ? error : expect.stringMatching(error);

const EMPTY = {
  vectors: new Map(),
  shard_number: null,
  replication_factor: null,
  write_consistency_factor: null,
  on_disk_payload: null,
  hnsw_config: null,
  optimizers_config: null,
  wal_config: null,
  quantization_config: null,
  metadata: null,
};
const VECTOR = {
  size: 4,
  distance: 'Dot',
  datatype: null,
  hnsw_config: null,
  quantization_config: null,
  on_disk: null,
  memory: null,
};

describe('creation', () => {
  it('needs nothing', () => {
    expect(create('{}')).toEqual(EMPTY);
    expect(create('{"vectors":null,"sparse_vectors":{},"sharding_method":"auto","unknown":5}')).toEqual(
      EMPTY,
    );
    expect(create('{"strict_mode_config":{"enabled":false},"payload":{"memory":null}}')).toEqual(EMPTY);
  });

  it('takes one vector, or vectors by name', () => {
    const params = '{"size":4,"distance":"Dot"}';
    expect(create(`{"vectors":${params}}`)).toEqual({ ...EMPTY, vectors: new Map([['', VECTOR]]) });
    expect(create(`{"vectors":{"a":${params},"size":${params},"__proto__":${params}}}`)).toEqual({
      ...EMPTY,
      vectors: new Map([
        ['a', VECTOR],
        ['size', VECTOR],
        ['__proto__', VECTOR],
      ]),
    });
    const scalar = { scalar: { type: 'int8', quantile: 0.99, always_ram: true, memory: null } };
    expect(
      create(
        `{"vectors":{"size":65536,"distance":"Cosine","datatype":"uint8","memory":"cold","on_disk":true,"hnsw_config":{"m":0,"ef_construct":4},"quantization_config":${JSON.stringify(scalar)}}}`,
      ),
    ).toMatchObject({
      vectors: new Map([
        [
          '',
          {
            size: 65536,
            distance: 'Cosine',
            datatype: 'uint8',
            memory: 'cold',
            on_disk: true,
            hnsw_config: { ...NO_HNSW_DIFF, m: 0, ef_construct: 4 },
            quantization_config: scalar,
          },
        ],
      ]),
    });
  });

  it('takes every configuration and its aliases', () => {
    const text = `{"shard_number":1,"replication_factor":1,"write_consistency_factor":1,"on_disk_payload":false,
      "hnsw_config":{"full_scan_threshold":10,"max_indexing_threads":0,"memory":"pinned","payload_m":0,"inline_storage":true},
      "optimizer_config":{"deleted_threshold":1,"vacuum_min_vector_number":100,"max_segment_size":1,"indexing_threshold":0,"max_optimization_threads":"auto","prevent_unoptimized":false},
      "wal_config":{"wal_capacity_mb":1,"wal_segments_ahead":0},
      "quantization":{"scalar":{"type":"int8"}},
      "metadata":{"vector":[0.1,2],"payload":{"a":[1]},"big":18446744073709551615}}`;
    expect(create(text)).toMatchObject({
      shard_number: 1,
      on_disk_payload: false,
      hnsw_config: {
        ...NO_HNSW_DIFF,
        full_scan_threshold: 10,
        max_indexing_threads: 0,
        memory: 'pinned',
        payload_m: 0,
        inline_storage: true,
      },
      optimizers_config: { deleted_threshold: 1, max_optimization_threads: 'auto', memmap_threshold: null },
      wal_config: { wal_capacity_mb: 1, wal_segments_ahead: 0, wal_retain_closed: null },
      quantization_config: { scalar: { type: 'int8', quantile: null } },
      metadata: { vector: [0.1, 2], payload: { a: [1] }, big: 18446744073709551615n },
    });
  });

  it.each<[string, string | RegExp]>([
    ['"vectors":5', /^jsonFormat: data did not match any variant of untagged enum VectorsConfig/],
    ['"vectors":{"size":4}', 'jsonFormat: missing field `distance`'],
    ['"vectors":{"distance":"Dot"}', 'jsonFormat: missing field `size`'],
    ['"vectors":{"a":{"distance":"Dot"}}', 'jsonFormat: missing field `size`'],
    ['"vectors":{"a":5}', 'jsonFormat: invalid type: integer `5`, expected struct VectorParams'],
    [
      '"vectors":{"size":4,"distance":"dot"}',
      'jsonFormat: unknown variant `dot`, expected one of `Cosine`, `Euclid`, `Dot`, `Manhattan`',
    ],
    [
      '"vectors":{"size":0,"distance":"Dot"}',
      refused('vectors.size: value 0 invalid, must be from 1 to 65536'),
    ],
    [
      '"vectors":{"size":65537,"distance":"Dot"}',
      refused('vectors.size: value 65537 invalid, must be from 1 to 65536'),
    ],
    [
      '"vectors":{"a":{"size":0,"distance":"Dot"}}',
      refused('vectors.?.size: value 0 invalid, must be from 1 to 65536'),
    ],
    ['"vectors":{"size":-1,"distance":"Dot"}', /^jsonFormat: invalid value: integer `-1`, expected usize/],
    ['"vectors":{"size":1.5,"distance":"Dot"}', /^jsonFormat: /],
    ['"vectors":{"size":4,"distance":"Dot","datatype":"turbo4"}', /^notImplemented: .*turbo4/],
    ['"vectors":{"size":4,"distance":"Dot","datatype":"f32"}', /^jsonFormat: unknown variant/],
    [
      '"vectors":{"size":4,"distance":"Dot","multivector_config":{"comparator":"max_sim"}}',
      /^notImplemented: multi/,
    ],
    [
      '"vectors":{"size":4,"distance":"Dot","memory":"pinned"}',
      refused('vectors.memory: `pinned` memory placement is not supported for dense vector storage'),
    ],
    [
      '"vectors":{"size":4,"distance":"Dot","hnsw_config":{"ef_construct":3}}',
      refused('vectors.hnsw_config.ef_construct: value 3 invalid, must be 4 or larger'),
    ],
    [
      '"vectors":{"a/b":{"size":4,"distance":"Dot"}}',
      refused('vectors.?: vector name cannot contain "/" char'),
    ],
    ['"shard_number":0', refused('shard_number: value 0 invalid, must be 1 or larger')],
    ['"shard_number":4294967296', /^jsonFormat: invalid value: .*expected u32/],
    ['"shard_number":-1', /^jsonFormat: /],
    ['"replication_factor":0', refused('replication_factor: value 0 invalid, must be 1 or larger')],
    ['"on_disk_payload":1', /^jsonFormat: /],
    ['"hnsw_config":5', /^jsonFormat: /],
    ['"hnsw_config":{"m":-1}', /^jsonFormat: /],
    [
      '"hnsw_config":{"full_scan_threshold":9}',
      refused('hnsw_config.full_scan_threshold: value 9 invalid, must be 10 or larger'),
    ],
    ['"hnsw_config":{"memory":"hot"}', /^jsonFormat: unknown variant `hot`/],
    [
      '"optimizers_config":{"deleted_threshold":1.5}',
      refused('optimizers_config.deleted_threshold: value 1.5 invalid, must be from 0.0 to 1.0'),
    ],
    ['"optimizers_config":{"vacuum_min_vector_number":99}', /value 99 invalid, must be 100 or larger/],
    ['"optimizers_config":{"max_segment_size":0}', /value 0 invalid, must be 1 or larger/],
    [
      '"optimizers_config":{"max_optimization_threads":"all"}',
      /^jsonFormat: unknown variant `all`, expected `auto`/,
    ],
    ['"optimizers_config":{"prevent_unoptimized":true}', /^notImplemented: .*prevent_unoptimized/],
    [
      '"wal_config":{"wal_capacity_mb":0}',
      refused('wal_config.wal_capacity_mb: value 0 invalid, must be 1 or larger'),
    ],
    ['"quantization_config":{"scalar":{}}', 'jsonFormat: missing field `type`'],
    [
      '"quantization_config":{"scalar":{"type":"int8","quantile":0.4}}',
      refused('quantization_config.scalar.quantile: value 0.4 invalid, must be from 0.5 to 1.0'),
    ],
    ['"quantization_config":{"product":{"compression":"x4"}}', /^notImplemented: product quantization/],
    ['"quantization_config":{"binary":{}}', /^notImplemented: binary quantization/],
    ['"quantization_config":{"turbo":{}}', /^notImplemented: turbo quantization/],
    ['"quantization_config":{}', /^jsonFormat: data did not match/],
    [
      '"quantization_config":"Disabled"',
      'jsonFormat: invalid type: string "Disabled", expected struct QuantizationConfig',
    ],
    ['"sparse_vectors":{"s":{}}', /^notImplemented: sparse vectors/],
    ['"sharding_method":"custom"', /^notImplemented: custom sharding/],
    ['"strict_mode_config":{"enabled":true}', /^notImplemented: strict mode/],
    ['"strict_mode_config":{"max_query_limit":5}', /^notImplemented: strict mode/],
    ['"payload":{"memory":"cold"}', /^notImplemented: placement of payload/],
    ['"metadata":5', /^jsonFormat: invalid type: integer `5`, expected a map/],
  ])('refuses %s', (part, error) => {
    expect(create(`{${part}}`)).toEqual(matching(error));
  });

  it('refuses more vector names than a collection may have, and longer ones', () => {
    const params = '{"size":4,"distance":"Dot"}';
    const many = Array.from({ length: 2000 }, (_, i) => `"v${i}":${params}`).join(',');
    expect(create(`{"vectors":{${many}}}`)).toBe(
      refused('vectors: a collection can have at most 256 vectors, 2000 given'),
    );
    expect(create(`{"vectors":{"${'n'.repeat(200)}":${params}}}`)).toBeTypeOf('object');
    expect(create(`{"vectors":{"${'n'.repeat(201)}":${params}}}`)).toMatch(/cannot be longer than 200 bytes/);
  });
});

describe('update', () => {
  it('leaves everything as it is when silent', () => {
    const nothing = {
      vectors: null,
      optimizers_config: null,
      params: null,
      hnsw_config: null,
      quantization_config: null,
      metadata: null,
    };
    expect(update('{}')).toEqual(nothing);
    expect(update('{"vectors":null,"params":null,"quantization_config":null,"metadata":null}')).toEqual(
      nothing,
    );
  });

  it('takes diffs of vectors, parameters and metadata', () => {
    const text =
      '{"vectors":{"":{"on_disk":true,"quantization_config":"Disabled"}},"quantization_config":"Disabled","params":{"replication_factor":2,"read_fan_out_factor":0},"metadata":{"a":null}}';
    expect(update(text)).toMatchObject({
      vectors: new Map([
        ['', { on_disk: true, quantization_config: 'Disabled', hnsw_config: null, memory: null }],
      ]),
      quantization_config: 'Disabled',
      params: { replication_factor: 2, write_consistency_factor: null, read_fan_out_factor: 0 },
      metadata: { a: null },
    });
  });

  it.each<[string, string | RegExp]>([
    ['"vectors":{"a":5}', /^jsonFormat: /],
    [
      '"vectors":{"a":{"hnsw_config":{"ef_construct":1}}}',
      /\[vectors\.\?\.hnsw_config\.ef_construct: value 1/,
    ],
    ['"quantization_config":"Off"', /^jsonFormat: /],
    [
      '"params":{"replication_factor":0}',
      refused('params.replication_factor: value 0 invalid, must be 1 or larger'),
    ],
    ['"params":{"read_fan_out_delay_ms":5}', /^notImplemented: /],
    ['"params":{"payload":{"memory":"cold"}}', /^notImplemented: /],
    ['"sparse_vectors":{"s":{}}', /^notImplemented: /],
  ])('refuses %s', (part, error) => {
    expect(update(`{${part}}`)).toEqual(matching(error));
  });
});

describe('collection names', () => {
  const name = (text: string, isNew = true) => outcome(() => checkCollectionName(text, isNew));

  it.each(['a', 'a b', 'größe', '...', '__proto__', 'x'.repeat(255), '日'.repeat(255)])(
    '%j is good',
    (text) => {
      expect(name(text)).toBe(text);
    },
  );

  it.each(['<', '>', ':', '"', '/', '\\', '|', '?', '*'])('with %s is refused', (char) => {
    expect(name(`a${char}b`)).toBe(
      `validation: Validation error in path parameters: [name: collection name cannot contain "${char}" char]`,
    );
    expect(name(`a${char}b`, false)).toEqual(
      char === '/' ? expect.stringContaining('"/" char') : `a${char}b`,
    );
  });

  it.each(['', '.', '..', 'x'.repeat(256), 'a\0', 'a\x1f'])('%j is refused', (text) => {
    expect(name(text)).toMatch(/^validation: Validation error in path parameters: \[name: [ -~]+\]$/);
  });
});

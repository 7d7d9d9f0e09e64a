import { describe, expect, it } from 'vitest';
import { serverUnderTest } from '../harness/client.ts';

const under = serverUnderTest();

describe('service', () => {
  it('answers the version banner and the health checks', async () => {
    expect(await under.client.versionInfo()).toMatchObject({
      title: expect.any(String),
      version: expect.stringMatching(/^1\.19\./),
    });
    for (const path of ['/healthz', '/livez']) {
      expect(await under.raw('GET', path)).toMatchObject({ status: 200, text: 'healthz check passed' });
    }
    expect(await under.raw('GET', '/readyz')).toMatchObject({ status: 200, text: 'all shards are ready' });
  });

  it('wraps results in the envelope and names an unknown path', async () => {
    const { json } = await under.raw('GET', '/collections');
    expect(json).toEqual({
      result: { collections: expect.any(Array) },
      status: 'ok',
      time: expect.any(Number),
    });
    expect((await under.raw('GET', '/nowhere')).status).toBe(404);
  });
});

describe('collections', () => {
  it('are created, listed, told about and deleted', async () => {
    const { client } = under;
    expect(await client.collectionExists('one')).toEqual({ exists: false });
    expect(await client.createCollection('one', { vectors: { size: 4, distance: 'Cosine' } })).toBe(true);
    expect(await client.collectionExists('one')).toEqual({ exists: true });
    expect((await client.getCollections()).collections).toContainEqual({ name: 'one' });
    const info = await client.getCollection('one');
    expect(info).toMatchObject({
      status: 'green',
      optimizer_status: 'ok',
      points_count: 0,
      payload_schema: {},
      config: {
        params: { vectors: { size: 4, distance: 'Cosine' }, shard_number: 1, replication_factor: 1 },
        hnsw_config: { m: 16, ef_construct: 100 },
      },
    });
    expect(await client.deleteCollection('one')).toBe(true);
    expect(await client.collectionExists('one')).toEqual({ exists: false });
    expect(await client.deleteCollection('one')).toBe(false);
  });

  it('take named vectors, all distances, and configuration', async () => {
    const { client } = under;
    await client.createCollection('named', {
      vectors: {
        a: { size: 4, distance: 'Dot', on_disk: true },
        b: { size: 8, distance: 'Euclid', hnsw_config: { m: 8 } },
        c: { size: 2, distance: 'Manhattan', datatype: 'float16' },
        d: { size: 3, distance: 'Cosine', datatype: 'uint8' },
      },
      hnsw_config: { m: 24, ef_construct: 64 },
      optimizers_config: { indexing_threshold: 500, flush_interval_sec: 2 },
      wal_config: { wal_capacity_mb: 4 },
      quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } },
      on_disk_payload: true,
    });
    const { config } = await client.getCollection('named');
    expect(config.params.vectors).toMatchObject({
      a: { size: 4, distance: 'Dot', on_disk: true },
      b: { size: 8, distance: 'Euclid', hnsw_config: { m: 8 } },
      c: { size: 2, distance: 'Manhattan', datatype: 'float16' },
      d: { size: 3, distance: 'Cosine', datatype: 'uint8' },
    });
    expect(config.hnsw_config).toMatchObject({ m: 24, ef_construct: 64 });
    expect(config.optimizer_config).toMatchObject({ indexing_threshold: 500, flush_interval_sec: 2 });
    expect(config.wal_config).toMatchObject({ wal_capacity_mb: 4 });
    expect(config.quantization_config).toMatchObject({ scalar: { type: 'int8', quantile: 0.99 } });
  });

  it('are changed by PATCH, which leaves out what it does not name', async () => {
    const { client } = under;
    await client.createCollection('patched', { vectors: { size: 4, distance: 'Dot' } });
    expect(
      await client.updateCollection('patched', {
        optimizers_config: { indexing_threshold: 77 },
        hnsw_config: { m: 32 },
      }),
    ).toBe(true);
    const { config } = await client.getCollection('patched');
    expect(config.optimizer_config.indexing_threshold).toBe(77);
    expect(config.hnsw_config).toMatchObject({ m: 32, ef_construct: 100 });
  });

  it('refuse a name that exists, and tell of one that does not', async () => {
    const { client, raw } = under;
    await client.createCollection('twice', { vectors: { size: 4, distance: 'Dot' } });
    const again = await raw('PUT', '/collections/twice', '{"vectors":{"size":4,"distance":"Dot"}}');
    expect(again).toMatchObject({
      status: 409,
      json: { status: { error: 'Wrong input: Collection `twice` already exists!' } },
    });
    expect(await raw('GET', '/collections/absent')).toMatchObject({
      status: 404,
      json: { status: { error: "Not found: Collection `absent` doesn't exist!" } },
    });
  });

  it('keep their configuration, indexes and points over a restart', async () => {
    const { client, server } = under;
    await client.createCollection('kept', { vectors: { size: 2, distance: 'Dot' }, hnsw_config: { m: 12 } });
    await client.createPayloadIndex('kept', { field_name: 'k', field_schema: 'keyword', wait: true });
    await client.upsert('kept', { wait: true, points: [{ id: 1, vector: [1, 2], payload: { k: 'v' } }] });
    expect(await server.stop()).toBe(0);
    await server.start();
    const info = await client.getCollection('kept');
    expect(info.config.hnsw_config.m).toBe(12);
    expect(info.payload_schema).toMatchObject({ k: { data_type: 'keyword', points: 1 } });
    expect(await client.retrieve('kept', { ids: [1], with_vector: true })).toEqual([
      { id: 1, payload: { k: 'v' }, vector: [1, 2] },
    ]);
  });
});

describe('payload indexes', () => {
  it('of every type are created, told about and dropped', async () => {
    const { client } = under;
    await client.createCollection('indexed', { vectors: { size: 2, distance: 'Dot' } });
    const types = ['keyword', 'integer', 'float', 'bool', 'datetime', 'uuid'] as const;
    for (const type of types) {
      const result = await client.createPayloadIndex('indexed', {
        field_name: `f_${type}`,
        field_schema: type,
        wait: true,
      });
      expect(result).toMatchObject({ status: 'completed', operation_id: expect.any(Number) });
    }
    await client.createPayloadIndex('indexed', {
      field_name: 'range_only',
      field_schema: { type: 'integer', lookup: false, range: true },
      wait: true,
    });
    const { payload_schema: schema } = await client.getCollection('indexed');
    for (const type of types) expect(schema[`f_${type}`]).toMatchObject({ data_type: type, points: 0 });
    expect(schema.range_only).toMatchObject({
      data_type: 'integer',
      params: { type: 'integer', lookup: false, range: true },
    });
    await client.deletePayloadIndex('indexed', 'f_uuid', { wait: true });
    expect((await client.getCollection('indexed')).payload_schema).not.toHaveProperty('f_uuid');
  });
});

import { type DataFolder, payloadLines } from './data-folder.ts';

/** A keyword (or bool) value of the payload and the rows that carry it. */
export interface PayloadValue {
  key: string;
  value: string | boolean;
  rows: Uint32Array;
  /** rows.length / count. */
  selectivity: number;
}

/** Beyond so many distinct values a key is an identifier or a text and is no longer counted. */
const DISTINCT_MAX = 2_000;

/**
 * For each wanted selectivity (a fraction) the keyword value of the payload whose share of rows comes nearest, at most
 * a factor 2 away. Reads payload.jsonl once for counting and once for the rows.
 */
export async function valuesBySelectivity(
  data: DataFolder,
  wanted: readonly number[],
): Promise<PayloadValue[]> {
  const counts = await countValues(data);
  const chosen = new Map<string, { key: string; value: string | boolean; count: number }>();
  for (const fraction of wanted) {
    const best = nearest(counts, fraction * data.manifest.count);
    if (best) chosen.set(`${best.key}\n${best.value}`, best);
  }
  const rows = new Map([...chosen].map(([id, { count }]) => [id, { at: 0, rows: new Uint32Array(count) }]));
  let row = 0;
  for await (const line of payloadLines(data)) {
    for (const [key, value] of scalars(JSON.parse(line))) {
      const found = rows.get(`${key}\n${value}`);
      if (found) found.rows[found.at++] = row;
    }
    row++;
  }
  return [...chosen].map(([id, { key, value, count }]) => ({
    key,
    value,
    rows: rows.get(id)!.rows,
    selectivity: count / data.manifest.count,
  }));
}

type Counts = Map<string, Map<string | boolean, number>>;

async function countValues(data: DataFolder): Promise<Counts> {
  const counts: Counts = new Map();
  const tooMany = new Set<string>();
  for await (const line of payloadLines(data)) {
    for (const [key, value] of scalars(JSON.parse(line))) {
      if (tooMany.has(key)) continue;
      const values = counts.get(key) ?? new Map<string | boolean, number>();
      counts.set(key, values);
      values.set(value, (values.get(value) ?? 0) + 1);
      if (values.size > DISTINCT_MAX) {
        counts.delete(key);
        tooMany.add(key);
      }
    }
  }
  return counts;
}

function nearest(counts: Counts, target: number) {
  let best: { key: string; value: string | boolean; count: number } | null = null;
  let bestRatio = 2;
  for (const [key, values] of counts) {
    for (const [value, count] of values) {
      const ratio = Math.max(count / target, target / count);
      if (ratio < bestRatio) {
        best = { key, value, count };
        bestRatio = ratio;
      }
    }
  }
  return best;
}

function* scalars(payload: Record<string, unknown>): Iterable<[string, string | boolean]> {
  for (const [key, value] of Object.entries(payload)) {
    if (typeof value === 'boolean' || (typeof value === 'string' && value.length <= 64)) yield [key, value];
  }
}

import type { FilterRow, RecallRow, SearchRow } from './rows.ts';

type Cell = string | number | null;

/** Text table with right-aligned columns, headed and followed by an empty line; nothing when there are no rows. */
export function table(headers: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return '';
  const lines = [headers, ...rows.map((row) => row.map((cell) => String(cell ?? '-')))];
  const widths = headers.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map((line) => line.map((cell, i) => cell.padStart(widths[i]!)).join('  '));
  return `${text.join('\n')}\n\n`;
}

export const searchTable = (rows: readonly SearchRow[]): string =>
  table(
    ['engine', 'ef', 'recall@10', 'QPS', 'distances', 'build s', 'peak RSS MB'],
    rows.map((row) => [
      row.engine,
      row.ef,
      row.recall.toFixed(4),
      row.qps.toFixed(0),
      row.distances?.toFixed(0) ?? null,
      row.buildSeconds.toFixed(1),
      row.peakRssMb.toFixed(0),
    ]),
  );

export function recallTable(rows: readonly RecallRow[]): string {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  return table(
    ['recall', 'engine', 'QPS', ...engines.map((engine) => `x ${engine}`)],
    rows.map(({ recall, engine, qps, ratios }) => [
      recall.toFixed(2),
      engine,
      qps?.toFixed(0) ?? null,
      ...engines.map((other) => ratios[other]?.toFixed(2) ?? null),
    ]),
  );
}

export const filterTable = (rows: readonly FilterRow[]): string =>
  table(
    ['engine', 'filter', 'share', 'strategy', 'ef', 'recall@10', 'QPS', 'distances', 'x plain'],
    rows.map((row) => [
      row.engine,
      `${row.key}=${row.value}`,
      `${(row.selectivity * 100).toFixed(2)}%`,
      row.strategy,
      row.ef,
      row.recall.toFixed(4),
      row.qps.toFixed(0),
      row.distances?.toFixed(0) ?? null,
      row.timesPlain.toFixed(2),
    ]),
  );

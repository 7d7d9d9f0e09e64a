import { table } from '../engine/tables.ts';

/** One measured row; `--json` prints each as a line. */
export type Row = UploadRow | ServerSearchRow;

export interface UploadRow {
  kind: 'upload';
  points: number;
  batch: number;
  parallel: number;
  /** From the first request to the last acknowledgement, each with wait=true. */
  seconds: number;
  pointsPerSecond: number;
  /** From the last acknowledgement until the collection was green. */
  greenSeconds: number;
  rssMb: number | null;
}

export interface ServerSearchRow {
  kind: 'search';
  /** "key=value", or null when unfiltered. */
  filter: string | null;
  selectivity: number;
  /** null = the server's default. */
  ef: number | null;
  parallel: number;
  recall: number;
  requestsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Server CPU per request and memory, when its process is known. */
  cpuMs: number | null;
  rssMb: number | null;
}

export const uploadTable = (rows: readonly UploadRow[]): string =>
  table(
    ['upload', 'batch', 'parallel', 'seconds', 'points/s', 'then green s', 'RSS MB'],
    rows.map((row) => [
      row.points,
      row.batch,
      row.parallel,
      row.seconds.toFixed(1),
      row.pointsPerSecond.toFixed(0),
      row.greenSeconds.toFixed(1),
      row.rssMb?.toFixed(0) ?? null,
    ]),
  );

export const searchTable = (rows: readonly ServerSearchRow[]): string =>
  table(
    [
      'filter',
      'share',
      'ef',
      'parallel',
      'recall@10',
      'req/s',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'CPU ms',
      'RSS MB',
    ],
    rows.map((row) => [
      row.filter,
      `${(row.selectivity * 100).toFixed(2)}%`,
      row.ef ?? 'default',
      row.parallel,
      row.recall.toFixed(4),
      row.requestsPerSecond.toFixed(0),
      row.p50Ms.toFixed(2),
      row.p95Ms.toFixed(2),
      row.p99Ms.toFixed(2),
      row.cpuMs?.toFixed(3) ?? null,
      row.rssMb?.toFixed(0) ?? null,
    ]),
  );

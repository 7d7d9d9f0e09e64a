import type { EngineName } from './engine-names.ts';

/** One measured row; `--json` prints each as a line. */
export type Row = SearchRow | FilterRow | RecallRow;

export interface SearchRow {
  kind: 'search';
  engine: EngineName;
  ef: number;
  recall: number;
  qps: number;
  /** Mean distances computed per query; null when the engine does not tell. */
  distances: number | null;
  buildSeconds: number;
  /** Of the process that holds this engine alone, after its build and searches. */
  peakRssMb: number;
}

export interface FilterRow {
  kind: 'filter';
  engine: EngineName;
  key: string;
  value: string;
  selectivity: number;
  /** plain: exact scan of the allowed; graph: filtered walk; expand: the same with neighbours of neighbours. */
  strategy: 'plain' | 'graph' | 'expand';
  ef: number | null;
  recall: number;
  qps: number;
  distances: number | null;
  /** QPS relative to the exact scan of the same filter. */
  timesPlain: number;
}

/** QPS at a recall, interpolated between measured rows; null when the engine's rows do not span that recall. */
export interface RecallRow {
  kind: 'atRecall';
  recall: number;
  engine: EngineName;
  qps: number | null;
  /** This engine's QPS divided by each other engine's. */
  ratios: Record<string, number>;
}

/**
 * QPS at `recall`: linear in log(QPS) between the two neighbouring rows around it. null when all rows are above or below;
 * an engine whose least ef is already better is not guessed faster than what was measured, so its first row counts.
 */
export function qpsAtRecall(rows: readonly SearchRow[], recall: number): number | null {
  const sorted = [...rows].sort((a, b) => a.ef - b.ef);
  const first = sorted[0];
  if (!first) return null;
  if (first.recall >= recall) return first.qps;
  for (let i = 1; i < sorted.length; i++) {
    const a = sorted[i - 1]!;
    const b = sorted[i]!;
    if (a.recall < recall && b.recall >= recall) {
      const share = (recall - a.recall) / (b.recall - a.recall);
      return Math.exp(Math.log(a.qps) + share * (Math.log(b.qps) - Math.log(a.qps)));
    }
  }
  return null;
}

/** A row per engine and recall, with ratios to the engines that reach it. */
export function recallRows(rows: readonly SearchRow[], recalls: readonly number[]): RecallRow[] {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  return recalls.flatMap((recall) => {
    const qps = new Map(
      engines.map((engine) => [
        engine,
        qpsAtRecall(
          rows.filter((row) => row.engine === engine),
          recall,
        ),
      ]),
    );
    return engines.map((engine): RecallRow => {
      const own = qps.get(engine) ?? null;
      const ratios: Record<string, number> = {};
      for (const other of engines) {
        const theirs = qps.get(other) ?? null;
        if (other !== engine && own !== null && theirs !== null) ratios[other] = own / theirs;
      }
      return { kind: 'atRecall', recall, engine, qps: own, ratios };
    });
  });
}

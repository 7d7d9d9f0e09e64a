/** The one place that knows which score is better. */
export type Distance = 'Cosine' | 'Dot' | 'Euclid' | 'Manhattan';
export const DISTANCES: readonly Distance[] = ['Cosine', 'Euclid', 'Dot', 'Manhattan'];

/** Inside Sextant a similarity is always "bigger is closer": dot product, or minus the (squared) distance. */
export const biggerIsBetter = (distance: Distance): boolean => distance === 'Cosine' || distance === 'Dot';

/** From the engine's similarity to the score a client gets; an f32, as on the wire. */
export function toScore(distance: Distance, similarity: number): number {
  if (distance === 'Euclid') return Math.fround(Math.sqrt(Math.abs(similarity)));
  return distance === 'Manhattan' ? Math.abs(similarity) : similarity;
}

/** True when a client's `score` passes the threshold of a nearest query: strictly better, both as f32. */
export function passesThreshold(distance: Distance, score: number, threshold: number): boolean {
  const bound = Math.fround(threshold);
  return biggerIsBetter(distance) ? score > bound : score < bound;
}

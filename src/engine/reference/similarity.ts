import type { Datatype } from '../../model/collection-config.ts';
import type { Distance } from '../../model/distance.ts';
import { narrowComponent } from './narrow.ts';

/** A vector as it is stored: cosine vectors are normalised first (bytes are not), then each component is narrowed. */
export function toStored(vector: Float32Array, distance: Distance, datatype: Datatype): Float32Array {
  const scale = distance === 'Cosine' && datatype !== 'uint8' ? inverseNorm(vector) : 1;
  return vector.map((value) => narrowComponent(scale === 1 ? value : value * scale, datatype));
}

/** Bigger is closer: the dot product, or minus the squared Euclidean or the Manhattan distance. In f64, for an oracle. */
export function similarity(a: Float32Array, b: Float32Array, distance: Distance, datatype: Datatype): number {
  switch (distance) {
    case 'Dot':
      return dot(a, b);
    case 'Cosine': {
      if (datatype !== 'uint8') return dot(a, b);
      const norms = Math.sqrt(dot(a, a) * dot(b, b));
      return norms === 0 ? 0 : dot(a, b) / norms;
    }
    case 'Euclid':
      return -sum(a, b, (x, y) => (x - y) * (x - y));
    case 'Manhattan':
      return -sum(a, b, (x, y) => Math.abs(x - y));
  }
}

const dot = (a: Float32Array, b: Float32Array): number => sum(a, b, (x, y) => x * y);

function sum(a: Float32Array, b: Float32Array, term: (x: number, y: number) => number): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += term(a[i]!, b[i]!);
  return total;
}

/** The step from 1 to the next f32. */
const EPSILON_F32 = 2 ** -23;

/** As Qdrant: a vector that is next to zero, or as good as normalised already, stays as it is. */
function inverseNorm(vector: Float32Array): number {
  const squared = dot(vector, vector);
  return squared < EPSILON_F32 || Math.abs(squared - 1) <= 1e-6 ? 1 : 1 / Math.sqrt(squared);
}

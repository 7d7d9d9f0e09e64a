/**
 * What a place in a body means, from the keys above it: `stored` and `query` hold vectors, `examples` is the array
 * under `positive` or `negative`, `payload` is where an object stays raw, `opaque` is free of any meaning.
 * native/json/context.hpp is the same in C++; body-scan.test.ts holds them together.
 */
export type BodyContext = 'plain' | 'stored' | 'query' | 'examples' | 'payload' | 'payloads' | 'opaque';

/** The meaning of the value under `key` in an object that means `outer`; `depth` counts the containers around it. */
export function contextUnderKey(key: string, outer: BodyContext, depth: number): BodyContext {
  if (outer === 'opaque') return 'opaque';
  if (outer === 'stored') return key === 'indices' ? 'opaque' : 'stored';
  switch (key) {
    case 'vector':
    case 'vectors':
      return 'stored';
    case 'query':
    case 'nearest':
    case 'target':
      return 'query';
    case 'positive':
    case 'negative':
      return 'examples';
  }
  if (outer === 'query') {
    return key === 'indices' || key === 'formula' || key === 'defaults' ? 'opaque' : 'query';
  }
  if (key === 'payload' || key === 'payloads') return key;
  return key === 'metadata' && depth === 1 ? 'opaque' : 'plain';
}

/** The meaning of the elements of an array that means `outer`. */
export function contextInArray(outer: BodyContext): BodyContext {
  switch (outer) {
    case 'examples':
      return 'query';
    case 'payloads':
      return 'payload';
    case 'payload':
      return 'plain';
    default:
      return outer;
  }
}

/** The meaning of an object's members where no key says otherwise: lists of payloads or examples are arrays only. */
export function contextInObject(outer: BodyContext): BodyContext {
  if (outer === 'examples') return 'query';
  return outer === 'payloads' || outer === 'payload' ? 'plain' : outer;
}

export const holdsVectors = (context: BodyContext): boolean => context === 'stored' || context === 'query';

import { SextantError } from '../../model/errors.ts';

/** A route: pattern parts in braces are parameters, e.g. `/collections/{c}/points/{id}`. */
export interface Route<H> {
  method: string;
  pattern: string;
  handler: H;
}

export type Match<H> =
  | { kind: 'found'; route: Route<H>; params: string[] }
  /** The path is known, but not with this method. */
  | { kind: 'method'; allowed: string[] }
  | { kind: 'none' };

interface Node<H> {
  readonly children: Map<string, Node<H>>;
  param: Node<H> | null;
  readonly routes: Map<string, Route<H>>;
}

const newNode = <H>(): Node<H> => ({ children: new Map(), param: null, routes: new Map() });

const PARTS_MAX = 12;

/** Finds the route of a path in a tree of its parts. Fixed parts win over parameters where both fit the method. */
export class Router<H> {
  readonly #root: Node<H> = newNode();

  constructor(routes: readonly Route<H>[]) {
    for (const route of routes) this.#add(route);
  }

  /** `path` as sent: a trailing slash is trimmed, parameters are percent-decoded. Throws `pathFormat` on a broken escape. */
  find(method: string, path: string): Match<H> {
    const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    if (!trimmed.startsWith('/')) return { kind: 'none' };
    const parts = trimmed === '/' ? [] : trimmed.slice(1).split('/', PARTS_MAX + 1);
    if (parts.length > PARTS_MAX) return { kind: 'none' };
    const allowed = new Set<string>();
    const params: string[] = [];
    const route = walk(this.#root, parts, 0, method, params, allowed);
    if (route !== null) return { kind: 'found', route, params: params.map(decodePart) };
    return allowed.size > 0 ? { kind: 'method', allowed: [...allowed] } : { kind: 'none' };
  }

  #add(route: Route<H>): void {
    let node = this.#root;
    for (const part of route.pattern.split('/').filter((text) => text !== '')) {
      if (part.startsWith('{')) {
        node.param ??= newNode();
        node = node.param;
      } else {
        const child: Node<H> = node.children.get(part) ?? newNode();
        node.children.set(part, child);
        node = child;
      }
    }
    if (node.routes.has(route.method)) throw new Error(`route ${route.method} ${route.pattern} twice`);
    node.routes.set(route.method, route);
  }
}

function walk<H>(
  node: Node<H>,
  parts: readonly string[],
  at: number,
  method: string,
  params: string[],
  allowed: Set<string>,
): Route<H> | null {
  const part = parts[at];
  if (part === undefined) {
    const route = node.routes.get(method);
    if (route !== undefined) return route;
    for (const other of node.routes.keys()) allowed.add(other);
    return null;
  }
  const child = node.children.get(part);
  const fixed = child === undefined ? null : walk(child, parts, at + 1, method, params, allowed);
  if (fixed !== null || node.param === null || part === '') return fixed;
  params.push(part);
  const route = walk(node.param, parts, at + 1, method, params, allowed);
  if (route === null) params.pop();
  return route;
}

function decodePart(part: string): string {
  if (!part.includes('%')) return part;
  try {
    return decodeURIComponent(part);
  } catch (error) {
    throw new SextantError(
      'pathFormat',
      `Deserialize error in path parameters: broken escape in "${part.slice(0, 100)}"`,
      {
        cause: error,
      },
    );
  }
}

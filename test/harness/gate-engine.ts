import type { BodyScan } from '../../src/engine/body-scan.ts';
import type { Engine, VectorIndex, VectorIndexOptions } from '../../src/engine/engine.ts';
import { ReferenceEngine } from '../../src/engine/reference/reference-engine.ts';
import { systemClock } from '../../src/shared/clock.ts';

/** Holds back whoever comes while it is shut. */
export class Gate {
  #opened: Promise<void> = Promise.resolve();
  #open: () => void = () => {};
  /** Who waits. */
  waiting = 0;

  shut(): void {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
  }

  async pass(): Promise<void> {
    this.waiting++;
    await this.#opened;
    this.waiting--;
  }
}

/** The reference engine with gates before and after searches and before background work; tells which slots were written. */
export class GateEngine implements Engine {
  readonly kind = 'reference';
  readonly instructionSet = 'none';
  readonly scanBody: BodyScan;
  readonly searches = new Gate();
  readonly results = new Gate();
  readonly links = new Gate();
  readonly written: number[] = [];
  /** Indexes opened and not closed yet. */
  openCount = 0;
  readonly #engine = new ReferenceEngine(systemClock);

  constructor() {
    this.scanBody = this.#engine.scanBody;
  }

  async openIndex(options: VectorIndexOptions): Promise<VectorIndex> {
    const index = await this.#engine.openIndex(options);
    this.openCount++;
    const { searches, results, links, written } = this;
    const close = async (): Promise<void> => {
      this.openCount--;
      await index.close();
    };
    const own: Partial<VectorIndex> = {
      write: (slots, vectors) => {
        index.write(slots, vectors);
        written.push(...slots);
      },
      search: async (request) => {
        await searches.pass();
        const result = await index.search(request);
        await results.pass();
        return result;
      },
      link: async (request) => {
        await links.pass();
        return index.link(request);
      },
      close,
    };
    return new Proxy(index, {
      get: (target, name) => {
        const value: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

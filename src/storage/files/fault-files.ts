import { type CrashMode, DiskModel } from './disk-model.ts';
import type { FileEvent } from './memory-file.ts';
import { type DiskImage, MemoryFiles } from './memory-files.ts';
import { fileError } from './paths.ts';

export type { CrashMode } from './disk-model.ts';
export type { DiskImage } from './memory-files.ts';

/** The kinds of change that can be told to fail. */
export type FaultKind = 'write' | 'sync' | 'truncate' | 'create' | 'rename' | 'remove' | 'syncFolder';

/** What the "process" gets from every call after its crash. */
export class CrashError extends Error {
  override name = 'CrashError';
}

export interface FaultFilesOptions {
  /** What is on the disk at the start, all of it durable. */
  image?: DiskImage;
  /** Most bytes that one read returns. */
  readMax?: () => number;
}

/**
 * Files in memory over a model of a disk. Each change (create, make folder, write, truncate, sync, rename, remove, sync of
 * a folder) is an event, numbered from 1. Before any event the test may look at what a crash would leave, stop the
 * process there, or make the event fail.
 */
export class FaultFiles extends MemoryFiles {
  /** Called before each event with its number, while `image` tells what is on the disk. */
  onEvent: ((event: number, kind: FileEvent['kind']) => void) | null = null;
  readonly #state: State;

  constructor(options: FaultFilesOptions = {}) {
    const state = new State();
    super({
      before: (event) => {
        state.next(event, (number) => this.onEvent?.(number, event.kind));
      },
      beforeRead: () => state.checkAlive(),
      ...(options.image === undefined ? {} : { image: options.image }),
      ...(options.readMax === undefined ? {} : { readMax: options.readMax }),
    });
    state.disk = new DiskModel(this.contents(), this.folders());
    this.#state = state;
  }

  /** Events so far. */
  get events(): number {
    return this.#state.count;
  }

  /** From event `event` on nothing is done any more: every call throws `CrashError`. */
  crashAt(event: number): void {
    this.#state.crashAt = event;
  }

  /** A new process after the crash of `crashAt`, with the power never gone: what was written is there, synced or not. */
  restart(): void {
    this.#state.crashAt = Number.POSITIVE_INFINITY;
  }

  /** The `nth` change of that kind from now on (1 = the next) fails with the system code, as do `count` - 1 after it. */
  failNth(kind: FaultKind, nth: number, code: 'EIO' | 'ENOSPC', count = 1): void {
    this.#state.faults.push({ kind, skip: nth - 1, left: count, code });
  }

  /** What could be on the disk if the power went now; for a new `FaultFiles` or `MemoryFiles`. */
  image(mode: CrashMode, random: () => number): DiskImage {
    return this.#state.disk.image(mode, random);
  }
}

class State {
  disk = new DiskModel(new Map(), new Set());
  count = 0;
  crashAt = Number.POSITIVE_INFINITY;
  readonly faults: { kind: FaultKind; skip: number; left: number; code: 'EIO' | 'ENOSPC' }[] = [];

  next(event: FileEvent, told: (number: number) => void): void {
    this.checkAlive();
    if (this.count + 1 >= this.crashAt) {
      this.crashAt = 0;
      this.checkAlive();
    }
    this.count++;
    told(this.count);
    const code = this.#faultOf(event);
    if (code !== null) {
      this.disk.failed(event);
      throw fileError(
        code,
        `injected fault of event ${this.count}`,
        'path' in event ? event.path : event.kind,
      );
    }
    this.disk.made(event);
  }

  checkAlive(): void {
    if (this.crashAt <= 0) throw new CrashError('the process has crashed');
  }

  #faultOf(event: FileEvent): 'EIO' | 'ENOSPC' | null {
    for (const fault of this.faults) {
      if (fault.kind !== event.kind || fault.left === 0) continue;
      if (fault.skip > 0) {
        fault.skip--;
        continue;
      }
      fault.left--;
      return fault.code;
    }
    return null;
  }
}

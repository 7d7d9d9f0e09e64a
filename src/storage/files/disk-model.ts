import { type FileEvent, MemoryContent } from './memory-file.ts';
import { type DiskImage, renameInTree } from './memory-files.ts';
import { parentOf } from './paths.ts';

/**
 * What becomes of everything that was not synced: none of it reaches the disk, all of it does, or any part: writes torn at
 * a byte, or with some 512-byte sectors missing, or only the new length; some of the names, or of each folder those up to some point.
 */
export type CrashMode = 'lost' | 'kept' | 'torn';

const SECTOR_BYTES = 512;

type ContentChange =
  | { kind: 'write'; position: number; bytes: Uint8Array }
  | { kind: 'truncate'; length: number };

/** `certain`: synced. `unsure`: its sync failed, and no later one can make up for that. */
interface Change {
  change: ContentChange;
  state: 'pending' | 'unsure' | 'certain';
}

interface Content {
  /** The content up to the first change that is not certain. */
  base: MemoryContent;
  changes: Change[];
}

type NameChange = Extract<FileEvent, { path: string } | { from: string }>;

/** The disk below the files: knows of each change whether it would survive a crash. */
export class DiskModel {
  readonly #contents = new Map<MemoryContent, Content>();
  readonly #names = new Map<string, MemoryContent>();
  readonly #folders = new Set<string>();
  /** In order; those of a folder go when it is synced. */
  #pendingNames: NameChange[] = [];

  /** Everything there at the start is durable. */
  constructor(files: ReadonlyMap<string, MemoryContent>, folders: ReadonlySet<string>) {
    for (const folder of folders) this.#folders.add(folder);
    for (const [path, content] of files) {
      this.#names.set(path, content);
      this.#contents.set(content, { base: new MemoryContent(content.view()), changes: [] });
    }
  }

  /** Takes note of a change that is made now. */
  made(event: FileEvent): void {
    switch (event.kind) {
      case 'write':
        this.#note(event.content, {
          kind: 'write',
          position: event.position,
          bytes: new Uint8Array(event.bytes),
        });
        break;
      case 'truncate':
        this.#note(event.content, { kind: 'truncate', length: event.length });
        break;
      case 'sync':
        this.#settle(event.content, 'certain');
        break;
      case 'syncFolder':
        this.#syncFolder(event.path);
        break;
      default:
        this.#pendingNames.push(event);
    }
  }

  /** Takes note of a change that failed: its effect may be there in part, now or after a crash. */
  failed(event: FileEvent): void {
    if (event.kind === 'sync') this.#settle(event.content, 'unsure');
    if (event.kind === 'write') {
      this.made(event);
      this.#settle(event.content, 'unsure');
    }
  }

  /** What could be on the disk if the power went now. `random` gives numbers in [0, 1). */
  image(mode: CrashMode, random: () => number): DiskImage {
    const names = new Map(this.#names);
    const folders = new Set(this.#folders);
    const inOrder = random() < 0.5;
    const lostFolders = new Set<string>();
    for (const change of this.#pendingNames) {
      const folder = folderOf(change);
      const lost = mode === 'lost' || (mode === 'torn' && (lostFolders.has(folder) || random() < 0.4));
      if (!lost) applyName(change, names, folders);
      else if (inOrder) lostFolders.add(folder);
    }
    const reachable = (path: string): boolean =>
      path === '' || (folders.has(path) && reachable(parentOf(path)));
    const files = new Map<string, Uint8Array>();
    for (const [path, content] of names) {
      if (reachable(parentOf(path))) files.set(path, this.#contentAfter(content, mode, random));
    }
    return { files, folders: new Set([...folders].filter(reachable)) };
  }

  #note(content: MemoryContent, change: ContentChange): void {
    this.#contentOf(content).changes.push({ change, state: 'pending' });
  }

  #settle(content: MemoryContent, state: 'certain' | 'unsure'): void {
    const known = this.#contentOf(content);
    for (const entry of known.changes) if (entry.state === 'pending') entry.state = state;
    while (known.changes[0]?.state === 'certain') applyWhole(known.base, known.changes.shift()!.change);
  }

  #syncFolder(folder: string): void {
    const left: NameChange[] = [];
    for (const change of this.#pendingNames) {
      if (folderOf(change) === folder) applyName(change, this.#names, this.#folders);
      else left.push(change);
    }
    this.#pendingNames = left;
  }

  #contentAfter(content: MemoryContent, mode: CrashMode, random: () => number): Uint8Array {
    const known = this.#contentOf(content);
    const after = new MemoryContent(known.base.view());
    for (const { change, state } of known.changes) {
      if (state === 'certain' || mode === 'kept') applyWhole(after, change);
      else if (mode === 'torn') applyTorn(after, change, random);
    }
    return new Uint8Array(after.view());
  }

  #contentOf(content: MemoryContent): Content {
    let known = this.#contents.get(content);
    if (known === undefined) {
      known = { base: new MemoryContent(), changes: [] };
      this.#contents.set(content, known);
    }
    return known;
  }
}

const folderOf = (change: NameChange): string => parentOf(change.kind === 'rename' ? change.to : change.path);

function applyName(change: NameChange, names: Map<string, MemoryContent>, folders: Set<string>): void {
  switch (change.kind) {
    case 'create':
      names.set(change.path, change.content);
      break;
    case 'makeFolder':
      folders.add(change.path);
      break;
    case 'rename':
      renameInTree(names, folders, change.from, change.to);
      break;
    case 'remove':
      names.delete(change.path);
      folders.delete(change.path);
      break;
    case 'syncFolder':
      break;
  }
}

function applyWhole(content: MemoryContent, change: ContentChange): void {
  if (change.kind === 'write') content.write(change.bytes, change.position);
  else content.truncate(change.length);
}

function applyTorn(content: MemoryContent, change: ContentChange, random: () => number): void {
  const how = random();
  if (how < 0.2) return;
  if (how < 0.4 || change.kind === 'truncate') {
    applyWhole(content, change);
    return;
  }
  const { bytes, position } = change;
  if (how < 0.6) {
    content.write(bytes.subarray(0, Math.floor(random() * (bytes.length + 1))), position);
    return;
  }
  // The new length arrives with the metadata, the sectors in any order.
  content.truncate(Math.max(content.length, position + bytes.length));
  const share = how < 0.7 ? 0 : random();
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + SECTOR_BYTES - ((position + at) % SECTOR_BYTES));
    if (random() < share) content.write(bytes.subarray(at, end), position + at);
    at = end;
  }
}

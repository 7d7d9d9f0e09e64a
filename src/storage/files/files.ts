/**
 * The only door to the disk. Paths are relative to the root the implementation was made with, `/`-separated.
 * What is assumed of the disk: a write may be torn or lost until `sync` of that file returned; a created, renamed or
 * removed name may be lost until `syncFolder` of its folder returned; synced bytes stay.
 */
export interface Files {
  /** Opens for reading and writing; creates the file and its folders when `create` is given. Fails with ENOENT otherwise. */
  open(path: string, options?: { create?: boolean }): Promise<File>;
  /** Whole content; fails with ENOENT. */
  read(path: string): Promise<Buffer>;
  /** Replaces the whole file: temporary file, sync, rename, sync of the folder. After a crash either content is there. */
  replace(path: string, content: Uint8Array): Promise<void>;
  /** Names (not paths) in a folder, sorted; empty when the folder is not there. */
  list(folder: string): Promise<string[]>;
  exists(path: string): Promise<boolean>;
  makeFolder(path: string): Promise<void>;
  /** Removes a file or a whole folder; absent is fine. */
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  syncFolder(path: string): Promise<void>;
  /** Exclusive use of a folder by this process; fails with code ELOCKED, naming the owner's pid when it is known. */
  lock(folder: string): Promise<{ release(): Promise<void> }>;
  /** Where the path is in the operating system, for memory mapping and LMDB; null when it is not on a real disk. */
  realPath(path: string): string | null;
}

export interface File {
  /** Reads up to `into.length` bytes at `position`; returns how many there were. */
  read(into: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  /** Makes all written bytes and the length durable. After a failure the file's content is unknown. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

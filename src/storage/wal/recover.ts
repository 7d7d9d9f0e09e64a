import type { Files } from '../files/files.ts';
import { joinPath, syncFolders } from '../files/paths.ts';
import { encodeFileHeader, FILE_HEADER_BYTES, fileHeaderFault, fileName, parseFileName } from './format.ts';
import { damaged, FileWindow, findProofOfDamage, validPrefix } from './scan.ts';

/** One file of the log: records `firstSequence` up to, not including, the next file's first. */
export interface LogFile {
  readonly path: string;
  readonly firstSequence: number;
  /** Where its durable records end, in bytes. */
  end: number;
}

export interface Recovered {
  files: LogFile[];
  nextSequence: number;
  /** What a write that never finished had left behind the valid prefix, and was cut off; null when nothing was. */
  cut: { path: string; offset: number; bytes: number } | null;
}

/**
 * Reads and checks every log file of `folder`. The tail of the last file is cut to its valid prefix; any other damage,
 * or a missing file, throws kind `unavailable` with the file and offset in the message.
 * What is returned is on disk, also when the last process ended between a write and its sync.
 */
export async function recoverLog(files: Files, folder: string, firstSequence: number): Promise<Recovered> {
  const firsts = (await files.list(folder)).map(parseFileName).filter((first) => first !== null);
  firsts.sort((a, b) => a - b);
  const found: LogFile[] = [];
  let cut: Recovered['cut'] = null;
  let next = firsts[0] ?? firstSequence;
  for (const [i, first] of firsts.entries()) {
    const path = joinPath(folder, fileName(first));
    const before = found.at(-1);
    if (before !== undefined && first !== next) {
      throw damaged(
        before.path,
        before.end,
        `its records end at ${next - 1}, the next file begins with ${first}`,
      );
    }
    const isLast = i === firsts.length - 1;
    const recovered = await recoverFile(files, folder, path, first, isLast);
    found.push({ path, firstSequence: first, end: recovered.end });
    if (recovered.cutBytes > 0) cut = { path, offset: recovered.end, bytes: recovered.cutBytes };
    next = recovered.nextSequence;
  }
  return { files: found, nextSequence: next, cut };
}

async function recoverFile(files: Files, folder: string, path: string, first: number, isLast: boolean) {
  const file = await files.open(path);
  try {
    const size = await file.size();
    const window = new FileWindow(file, size);
    const fault = fileHeaderFault(await window.at(0, FILE_HEADER_BYTES), first);
    if (fault !== null) {
      // A record is written only after the header was synced: a longer file had a good header once.
      if (!isLast || size > FILE_HEADER_BYTES) throw damaged(path, 0, fault);
      await file.truncate(0);
      await file.write(encodeFileHeader(first), 0);
      await file.sync();
      await syncFolders(files, folder);
      return { end: FILE_HEADER_BYTES, nextSequence: first, cutBytes: 0 };
    }
    const { end, nextSequence } = await validPrefix(window, first);
    if (!isLast) {
      if (end < size) throw damaged(path, end, `record ${nextSequence} is not readable`);
      return { end, nextSequence, cutBytes: 0 };
    }
    if (end < size) {
      const proof = await findProofOfDamage(window, end, nextSequence);
      if (proof !== null) {
        throw damaged(path, end, `record ${nextSequence} is not readable, a later one at byte ${proof} is`);
      }
      await file.truncate(end);
    }
    await file.sync();
    if (nextSequence === first) await syncFolders(files, folder);
    return { end, nextSequence, cutBytes: size - end };
  } finally {
    await file.close();
  }
}

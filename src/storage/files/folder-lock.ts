import * as fs from 'node:fs/promises';
import * as nodePath from 'node:path';
import { fileError } from './paths.ts';

const PREFIX = '.lock-';
const NAME = /^\.lock-(\d+)-(\d+)-([0-9a-z]+)$/;

/** Who holds a lock: a process by pid, told from later owners of the same pid by its start time and the boot. */
interface Owner {
  pid: number;
  /** Clock ticks from boot to the start of the process; 0 where the system does not tell. */
  startTicks: string;
  /** First part of the boot id; "0" where the system does not tell. */
  boot: string;
}

/** Folders locked by this module instance; needed only where the system tells no start times. */
const heldHere = new Set<string>();

/**
 * Exclusive use of a folder, without native locks. Each process puts down a file whose name says who it is, and only then looks for
 * others: of two that race at least one sees the other and withdraws (it may be both), so two never win. The file of a
 * process that is gone is removed by whoever comes next; its name can never be a live process's, so nobody's lock is removed by mistake.
 *
 * Processes must see each other's pids: two containers over one volume do not exclude each other.
 */
export async function lockFolder(realFolder: string): Promise<{ release(): Promise<void> }> {
  const found = await describe(process.pid);
  const owner = found.startTicks === GONE ? { ...found, startTicks: '0' } : found;
  const own = `${PREFIX}${owner.pid}-${owner.startTicks}-${owner.boot}`;
  const ownPath = nodePath.join(realFolder, own);
  if (heldHere.has(ownPath)) throw locked(realFolder, owner.pid);
  heldHere.add(ownPath);
  let created = false;
  try {
    created = await putDown(ownPath, owner);
    if (!created) throw locked(realFolder, owner.pid);
    for (const name of await fs.readdir(realFolder)) {
      const other = name === own ? null : parseName(name);
      if (other === null) continue;
      if (await isAlive(other)) throw locked(realFolder, other.pid);
      await fs.rm(nodePath.join(realFolder, name), { force: true });
    }
  } catch (error) {
    if (created) await fs.rm(ownPath, { force: true });
    heldHere.delete(ownPath);
    throw error;
  }
  let held = true;
  return {
    release: async () => {
      if (!held) return;
      held = false;
      await fs.rm(ownPath, { force: true });
      heldHere.delete(ownPath);
    },
  };
}

function locked(folder: string, pid: number): NodeJS.ErrnoException {
  const who = pid === process.pid ? `this process (pid ${pid})` : `the process with pid ${pid}`;
  return fileError('ELOCKED', `the folder is in use by ${who}`, folder);
}

/** False when the file is there already: another thread of this process holds the folder. */
async function putDown(path: string, owner: Owner): Promise<boolean> {
  // Without start times a leftover of an earlier process with our pid looks like ours; `heldHere` says that it is not.
  const flag = owner.startTicks === '0' ? 'w' : 'wx';
  try {
    // Empty: a server can start, and serve reads, on a disk that is full.
    await fs.writeFile(path, '', { flag });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function parseName(name: string): Owner | null {
  const match = NAME.exec(name);
  return match === null ? null : { pid: Number(match[1]), startTicks: match[2]!, boot: match[3]! };
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it runs, as another user. Anything else: there is no such process.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (owner.startTicks === '0') return true;
  const now = await describe(owner.pid);
  return now.startTicks !== GONE && now.startTicks === owner.startTicks && now.boot === owner.boot;
}

/** Stands where the start time of a process that has ended (or only waits to be reaped) would be. */
const GONE = 'gone';

async function describe(pid: number): Promise<Owner> {
  if (process.platform !== 'linux') return { pid, startTicks: '0', boot: '0' };
  const boot = await readOr('/proc/sys/kernel/random/boot_id', '0');
  const stat = await readOr(`/proc/${pid}/stat`, '');
  // The command's name, in parentheses, may hold spaces; the state is the first field after it, the start time the 20th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ended = stat === '' || fields[0] === 'Z' || fields[0] === 'X';
  return { pid, startTicks: ended ? GONE : fields[19]!, boot: boot.slice(0, 8) };
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return (await fs.readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return otherwise;
    throw error;
  }
}

import { readFileSync } from 'node:fs';

/** The kernel's unit of CPU time in /proc: 1/100 s on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface ProcessUsage {
  /** User and system time of all threads since the process began. */
  cpuSeconds: number;
  rssMb: number;
}

/** CPU time and memory of a process of this machine; throws when it is gone, or where there is no /proc. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in brackets and may hold spaces: count from after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return { cpuSeconds: ticks / TICKS_PER_SECOND, rssMb: Number(rss?.[1] ?? 0) / 1024 };
}

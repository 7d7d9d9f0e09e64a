export interface ProgressOutput {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

const BAR_MS = 100;
const LINE_MS = 5_000;
const BAR_WIDTH_MAX = 40;

/** Shows how far a load is: a bar that is drawn over itself on a terminal, a line now and then elsewhere. */
export class Progress {
  readonly #total: number;
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #startedMs: number;
  #shownMs = Number.NEGATIVE_INFINITY;

  constructor(total: number, output: ProgressOutput, now: () => number = () => performance.now()) {
    this.#total = total;
    this.#output = output;
    this.#now = now;
    this.#startedMs = now();
    if (!output.isTTY) this.#shownMs = this.#startedMs;
  }

  /** Points done so far. */
  update(done: number): void {
    const now = this.#now();
    if (now - this.#shownMs < (this.#output.isTTY ? BAR_MS : LINE_MS)) return;
    this.#shownMs = now;
    this.#show(done);
  }

  /** The last picture, with its line ended. */
  finish(done: number): void {
    this.#show(done);
    if (this.#output.isTTY) this.#output.write('\n');
  }

  #show(done: number): void {
    const seconds = Math.max((this.#now() - this.#startedMs) / 1000, 1e-9);
    const rate = done / seconds;
    const share = this.#total === 0 ? 1 : done / this.#total;
    const left = rate === 0 ? '?' : formatSeconds((this.#total - done) / rate);
    const text = `${(share * 100).toFixed(0).padStart(3)}% ${formatCount(done)}/${formatCount(this.#total)} points  ${formatCount(Math.round(rate))}/s  ETA ${left}`;
    if (!this.#output.isTTY) {
      this.#output.write(`${text}\n`);
      return;
    }
    const room = (this.#output.columns ?? 80) - text.length - 4;
    const width = Math.max(0, Math.min(BAR_WIDTH_MAX, room));
    const filled = Math.round(share * width);
    const bar = width < 4 ? '' : `[${'#'.repeat(filled)}${'-'.repeat(width - filled)}] `;
    this.#output.write(`\r${bar}${text}\u001b[K`);
  }
}

export const formatCount = (value: number): string => value.toLocaleString('en-US');

export function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}

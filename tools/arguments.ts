import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A user's mistake on the command line: its message is all that is printed. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The flags of a program by kind: `--name TEXT`, `--name`, and `--name TEXT` that may come several times. */
export interface FlagNames<S extends string, B extends string, L extends string> {
  strings?: readonly S[];
  booleans?: readonly B[];
  lists?: readonly L[];
}

export type Flags<S extends string, B extends string, L extends string> = { [K in S]?: string } & {
  [K in B]?: boolean;
} & { [K in L]?: string[] };

/** Parses flags strictly; an unknown or malformed one is a `UsageError`. Prints the usage for `--help` and returns null. */
export function readFlags<S extends string = never, B extends string = never, L extends string = never>(
  usage: string,
  names: FlagNames<S, B, L>,
  args: string[] = process.argv.slice(2),
): Flags<S, B, L> | null {
  const options: NonNullable<ParseArgsConfig['options']> = { help: { type: 'boolean' } };
  for (const name of names.strings ?? []) options[name] = { type: 'string' };
  for (const name of names.booleans ?? []) options[name] = { type: 'boolean' };
  for (const name of names.lists ?? []) options[name] = { type: 'string', multiple: true };
  let values: Record<string, unknown>;
  try {
    values = parseArgs({ args, options, allowPositionals: false, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return null;
  }
  return values as Flags<S, B, L>;
}

/** A whole number within bounds, or the default when the flag was not given. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  { fallback, min = 1, max = 1_000_000_000 }: { fallback: number; min?: number; max?: number },
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, not '${text}'`);
  }
  return value;
}

export function required(name: string, value: string | undefined, usage: string): string {
  if (value === undefined || value === '') throw new UsageError(`--${name} is needed\n${usage}`);
  return value;
}

/** Runs a program's main function: a usage error is exit code 2, any other 1; both print the message, a defect its stack. */
export async function runProgram(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const known = error instanceof UsageError || (error as { expected?: boolean }).expected === true;
    process.stderr.write(`${known ? (error as Error).message : (error as Error).stack}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

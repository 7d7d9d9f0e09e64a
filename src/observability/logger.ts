import { pino } from 'pino';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'off';
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'off'];

/** Fields beside the message; an error goes under `error` and keeps its stack and causes. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface LoggerOptions {
  level: LogLevel;
  /** `json`: one object per line; `text`: time, level, message and the fields, for people. */
  format: 'text' | 'json';
  /** Gets whole lines; the standard output of the process when left out. */
  write?: (line: string) => void;
}

/** A logger over pino. Lines are written at once, so that the last one before a crash is there. */
export function createLogger({ level, format, write }: LoggerOptions): Logger {
  const out = write ?? ((line: string) => void process.stdout.write(line));
  const destination = { write: (line: string) => out(format === 'json' ? line : textLine(line)) };
  const log = pino(
    {
      level: level === 'off' ? 'silent' : level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    destination,
  );
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  };
}

/** Drops every line; for tests and tools that print by themselves. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const CAUSES_MAX = 8;

/** The stack of an error and of its causes, as text. */
function describeError(error: unknown): string {
  const parts: string[] = [];
  let current: unknown = error;
  while (current !== undefined && parts.length < CAUSES_MAX) {
    parts.push(current instanceof Error ? (current.stack ?? String(current)) : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return parts.join('\ncaused by: ');
}

function textLine(json: string): string {
  const { time, level, msg, error, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const shown = Object.entries(fields).map(([key, value]) => ` ${key}=${textValue(value)}`);
  const stack = error === undefined ? '' : `\n${error}`;
  return `${time} ${String(level).toUpperCase().padEnd(5)} ${oneLine(String(msg))}${shown.join('')}${stack}\n`;
}

const textValue = (value: unknown): string =>
  typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);

/** A message with a client's text in it must not look like several lines. */
const oneLine = (text: string): string =>
  text.replace(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));

const DATE = /^(\d{4})-(\d{2})-(\d{2})/;
const TIME = /^[T t](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/;
const ZONE = /^ ?(?:[Zz]|([+-])(\d{2}):?(\d{2}))$/;

/**
 * Microseconds since the Unix epoch of a datetime text: RFC 3339, the same with a space and with or without zone,
 * without seconds, or a date alone; no zone means UTC. Null when `text` is none of these or no day of the calendar.
 */
export function parseDatetime(text: string): number | null {
  const date = DATE.exec(text);
  if (date === null) return null;
  let rest = text.slice(10);
  let micros = dayMillis(Number(date[1]), Number(date[2]), Number(date[3])) * 1000;
  const time = TIME.exec(rest);
  if (time !== null) {
    const [hour, minute, second] = [Number(time[1]), Number(time[2]), Number(time[3] ?? 0)];
    if (hour > 23 || minute > 59 || second > 60) return null;
    micros += ((hour * 60 + minute) * 60 + second) * 1e6;
    if (time[4] !== undefined) micros += Number(time[4].padEnd(6, '0').slice(0, 6));
    rest = rest.slice(time[0].length);
  }
  if (rest !== '') {
    const zone = time === null ? null : ZONE.exec(rest);
    if (zone === null) return null;
    if (zone[1] !== undefined) {
      const [hours, minutes] = [Number(zone[2]), Number(zone[3])];
      if (hours > 23 || minutes > 59) return null;
      micros -= (zone[1] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60e6;
    }
  }
  return Number.isNaN(micros) ? null : micros;
}

/** Milliseconds at the start of the day, NaN when the calendar has no such day. */
function dayMillis(year: number, month: number, day: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : Number.NaN;
}

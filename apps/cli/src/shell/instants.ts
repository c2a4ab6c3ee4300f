import { CommandRefused } from '@syncline/kernel';

const units: Readonly<Record<string, number>> = {
  s: 1_000, sec: 1_000, second: 1_000, seconds: 1_000,
  m: 60_000, min: 60_000, minute: 60_000, minutes: 60_000,
  h: 3_600_000, hour: 3_600_000, hours: 3_600_000,
  d: 86_400_000, day: 86_400_000, days: 86_400_000,
}; // prettier-ignore

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const local = /^(?:(\d{4})-(\d{2})-(\d{2})[ Tt])?(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?$/;
const day = /^(\d{4})-(\d{2})-(\d{2})$/;
const relative = /^(\d+(?:\.\d+)?)\s*([a-z]+)\s+ago$/;

const hint =
  'Give an instant: 2026-05-04T14:31:00Z, "2026-05-04 14:31" or 14:31 of this machine’s zone, "2h ago", or now.';

/** A date that the calendar has: `Date` turns the 31st of April into the 1st of May. */
const localDate = (year: number, month: number, date: number, time: readonly number[] = []): Date => {
  const [hours = 0, minutes = 0, seconds = 0, ms = 0] = time;
  const made = new Date(year, month - 1, date, hours, minutes, seconds, ms);
  const isReal = made.getMonth() === month - 1 && made.getDate() === date;
  if (!isReal || hours > 23 || minutes > 59 || seconds > 59) throw new CommandRefused('usage', hint);
  return made;
};

const ofLocal = (text: string, now: Date): Date | undefined => {
  const time = local.exec(text);
  if (time) {
    const [, year, month, date, hours, minutes, seconds = '0', fraction = '0'] = time;
    const parts = [hours, minutes, seconds, fraction.padEnd(3, '0')].map(Number);
    return year === undefined
      ? localDate(now.getFullYear(), now.getMonth() + 1, now.getDate(), parts)
      : localDate(Number(year), Number(month), Number(date), parts);
  }
  const midnight = day.exec(text);
  return midnight ? localDate(Number(midnight[1]), Number(midnight[2]), Number(midnight[3])) : undefined;
};

const ofRelative = (text: string, now: Date): Date | undefined => {
  const [, many, unit = ''] = relative.exec(text) ?? [];
  const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return size === undefined ? undefined : new Date(now.getTime() - Number(many) * size);
};

/**
 * Reads an instant as people and programs write it, as RFC 3339 in UTC: RFC 3339, a date or a time of this machine's zone,
 * `2h ago`, `now`. Throws CommandRefused.
 */
export const readInstant = (text: string, now: Date): string => {
  const trimmed = text.trim();
  const found = rfc3339.test(trimmed)
    ? new Date(trimmed)
    : trimmed === 'now'
      ? now
      : (ofLocal(trimmed, now) ?? ofRelative(trimmed.toLowerCase(), now));
  if (!found || Number.isNaN(found.getTime()) || found.getUTCFullYear() < 1)
    throw new CommandRefused('usage', hint);
  return found.toISOString();
};

/** Whether a text reads as an instant and cannot be a name. */
export const isInstantText = (text: string, now: Date): boolean => {
  try {
    readInstant(text, now);
    return true;
  } catch {
    return false;
  }
};

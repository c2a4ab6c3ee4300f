import { InvalidArgumentError } from 'commander';

const units: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
];

/** How long ago an instant was, in its largest unit: `12 s`, `3 min`, `2 d`. */
export const ago = (instant: string | null | undefined, now: Date): string => {
  if (instant === null || instant === undefined) return '';
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(instant)) / 1000));
  const [name, size] = units.find(([, unit]) => seconds >= unit) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${name}`;
};

const lengths: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads `500ms`, `60s`, `5m`, `1h` or plain seconds as milliseconds. */
export const parseDuration = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Give a duration such as 60s, 5m or 1h.');
  return Number(match[1]) * (lengths[match[2] ?? 's'] ?? 1_000);
};

/** The time of day of an instant, to the millisecond, in this machine's zone. */
export const clockTime = (instant: string): string => {
  const date = new Date(instant);
  const two = (part: number): string => String(part).padStart(2, '0');
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`;
};

/** Date and time of an instant, to the second, in this machine's zone; the time alone where it is of today. */
export const dateTime = (instant: string, now: Date): string => {
  const date = new Date(instant);
  const two = (part: number): string => String(part).padStart(2, '0');
  const time = clockTime(instant).slice(0, 8);
  if (date.toDateString() === now.toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
};

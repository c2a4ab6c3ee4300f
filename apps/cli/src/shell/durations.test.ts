import { describe, expect, test } from 'vitest';

import { ago, clockTime, dateTime, parseDuration } from './durations.js';

const now = new Date('2026-05-04T14:32:00Z');

describe('how long ago', () => {
  test.each([
    ['2026-05-04T14:31:48Z', '12 s'],
    ['2026-05-04T14:29:59Z', '2 min'],
    ['2026-05-04T09:00:00Z', '5 h'],
    ['2026-05-01T14:00:00Z', '3 d'],
    ['2026-05-04T14:33:00Z', '0 s'],
  ])('%s is %s', (instant, text) => expect(ago(instant, now)).toBe(text));

  test('is nothing where the instant is unknown', () => expect(ago(null, now)).toBe(''));
});

describe('a duration', () => {
  test.each([
    ['60s', 60_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['10', 10_000],
  ])('%s is %d ms', (text, milliseconds) => expect(parseDuration(text)).toBe(milliseconds));

  test('that is none is refused with an example', () => expect(() => parseDuration('soon')).toThrow(/60s/));
});

test('a time of day has milliseconds, a date only where it is another day', () => {
  const instant = new Date(2026, 4, 4, 14, 31, 8, 120);
  expect(clockTime(instant.toISOString())).toBe('14:31:08.120');
  expect(dateTime(instant.toISOString(), instant)).toBe('14:31:08');
  expect(dateTime(instant.toISOString(), new Date(2026, 4, 5))).toBe('2026-05-04 14:31:08');
});

import { describe, expect, it } from 'vitest';

import { isInstantText, readInstant } from './instants.js';

const now = new Date(2026, 4, 4, 14, 31, 7);
const local = (...parts: [number, number, number, number, number, number?, number?]): string =>
  new Date(...parts).toISOString();

describe('an instant', () => {
  it.each([
    ['2026-05-04T14:31:00Z', '2026-05-04T14:31:00.000Z'],
    ['2026-05-04T14:31:00.5+02:00', '2026-05-04T12:31:00.500Z'],
    ['2026-05-04 14:30', local(2026, 4, 4, 14, 30)],
    ['2026-05-04T14:30:01.25', local(2026, 4, 4, 14, 30, 1, 250)],
    ['14:30', local(2026, 4, 4, 14, 30)],
    ['09:05:01', local(2026, 4, 4, 9, 5, 1)],
    ['2026-05-03', local(2026, 4, 3, 0, 0)],
    ['2h ago', new Date(now.getTime() - 7_200_000).toISOString()],
    ['90 s ago', new Date(now.getTime() - 90_000).toISOString()],
    ['1.5 hours ago', new Date(now.getTime() - 5_400_000).toISOString()],
    ['3 days ago', new Date(now.getTime() - 3 * 86_400_000).toISOString()],
    ['now', now.toISOString()],
  ])('is read from %j', (text, expected) => {
    expect(readInstant(text, now)).toBe(expected);
  });

  it.each([
    '', 'soon', '2h', 'ago', '2 parsecs ago', '2 constructor ago', '25:00', '14:60', '2026-02-30', '2026-13-01', '2026-05-04T25:00:00Z',
    '0000-01-01T00:00:00Z', 'checkout', '2026', '1e9 h ago', '-2h ago',
  ])('is not %j', (text) => {
    expect(() => readInstant(text, now)).toThrow(/Give an instant/);
    expect(isInstantText(text, now)).toBe(false);
  }); // prettier-ignore
});

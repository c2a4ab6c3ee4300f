import { expect, test } from 'vitest';

import { Silence } from './silence.js';

test('a silence is told once it has lasted, until something is answered', () => {
  const silence = new Silence();
  expect(silence.seconds(100_000)).toBeUndefined();
  silence.goesOn(100_000, 102_000);
  expect(silence.seconds(110_000)).toBeUndefined();
  silence.goesOn(102_000, 104_000);
  expect(silence.seconds(104_000)).toBeUndefined();
  expect(silence.seconds(105_500)).toBe(5);
  silence.end();
  expect(silence.seconds(105_500)).toBeUndefined();
  silence.goesOn(120_000, 122_000);
  expect(silence.seconds(122_000)).toBeUndefined();
});

test('a silence that nobody tried for a minute is not told, and the next one begins anew', () => {
  const silence = new Silence();
  for (const at of [0, 2_000, 4_000]) silence.goesOn(at, at + 2_000);
  expect(silence.seconds(66_000)).toBe(66);
  expect(silence.seconds(66_001)).toBeUndefined();
  silence.goesOn(100_000, 102_000);
  expect(silence.seconds(106_000)).toBeUndefined();
  silence.goesOn(104_000, 106_000);
  expect(silence.seconds(106_000)).toBe(6);
});

import { expect, it } from 'vitest';

import { canonicalInstant, isInstant } from './projection.js';

it.each([
  ['2026-05-04T14:31:00.137Z', true],
  ['2026-02-29T00:00:00Z', true],
  ['0001-01-01T00:00:00.000Z', true],
  ['9999-12-31T23:59:59.999Z', true],
  ['0000-05-04T14:31:00.137Z', false],
  ['+010000-01-01T00:00:00.000Z', false],
  ['yesterday', false],
  ['', false],
])('a row can keep %j as an instant: %s', (text, can) => {
  expect(isInstant(text)).toBe(can);
});

it('instants are kept in UTC, to the millisecond', () => {
  expect(canonicalInstant('2026-05-04T16:31:00+02:00')).toBe('2026-05-04T14:31:00.000Z');
});

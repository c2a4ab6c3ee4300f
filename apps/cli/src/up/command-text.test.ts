import { expect, test } from 'vitest';

import { defaultState } from '../shell/session.js';
import { commandFor } from './command-text.js';

test('a command names the state directory where it is not the usual one', () => {
  expect(commandFor(defaultState)('down')).toBe('./syncline down');
  expect(commandFor('/tmp/other')('status --watch')).toBe('./syncline status --watch --state /tmp/other');
});

test('a state directory with spaces and quotes is one word for a shell', () => {
  expect(commandFor("/tmp/Ada's fleet")('down')).toBe("./syncline down --state '/tmp/Ada'\\''s fleet'");
});

import { expect, test } from 'vitest';

import { progressLine } from './rebuild-progress.js';

test.each([
  [{ position: '1000000.0', rebuilding: '340000.0' }, 'making the views anew: 340000 of 1000000 messages'],
  [{ position: '1000000.0', rebuilding: null }, 'comparing the new views with what they were'],
  [{ position: '1000000.0' }, 'comparing the new views with what they were'],
])('while %o is answered, a rebuild is "%s"', (answer, line) => {
  expect(progressLine(answer)).toBe(line);
});

import { expect, it } from 'vitest';

import { PassPause } from './pass-pause.js';

it('a target that somebody goes on writing is looked at ever more seldom, and at once again after a quiet minute', () => {
  const pause = new PassPause();
  let [now, looks] = [0, 0];
  expect(pause.length(now)).toBe(250);
  for (; now < 60_000; looks += 1) {
    pause.note(now);
    now += pause.length(now);
  }
  expect(looks).toBeLessThan(18);
  expect(pause.length(now)).toBeLessThanOrEqual(10_000);
  expect(pause.length(now + 60_001)).toBe(250);
});

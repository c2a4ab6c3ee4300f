import { expect, test } from 'vitest';

import { sayWaits } from './say-waits.js';

test('a wait is said when it has lasted two seconds, once for each thing that is waited for', () => {
  let time = 0;
  const said: string[] = [];
  const wait = sayWaits(
    (line) => void said.push(line),
    () => new Date(time),
  );
  const at = (ms: number, reason: string): void => {
    time = ms;
    wait(reason);
  };
  at(100, 'its targets are being planned');
  at(3_000, 'prod is Held');
  at(6_000, 'prod is Held');
  at(9_000, 'prod is InProgress');
  expect(said).toEqual(['waiting for 3 s: prod is Held', 'waiting for 9 s: prod is InProgress']);
});

import { expect, test } from 'vitest';

import { InHand } from './in-hand.js';

const hour = 3_600_000;

test('what can wait goes on when the last of what is in hand has ended, failed or not', async () => {
  const inHand = new InHand();
  await inHand.passed(hour);
  const ends: (() => void)[] = [];
  const works = ['one', 'another'].map(() =>
    inHand.during(() => new Promise<void>((resolve) => ends.push(resolve))),
  );
  const failing = inHand.during(() => Promise.reject(new Error('no')));
  const told: string[] = [];
  const passing = inHand.passed(hour).then(() => told.push('passed'));
  await expect(failing).rejects.toThrow('no');
  ends[0]?.();
  await works[0];
  expect(told).toEqual([]);
  ends[1]?.();
  await passing;
  expect(told).toEqual(['passed']);
});

test('and at the latest after its time', async () => {
  const inHand = new InHand();
  let end = (): void => undefined;
  const work = inHand.during(() => new Promise<void>((resolve) => (end = resolve)));
  await inHand.passed(1);
  end();
  await work;
});

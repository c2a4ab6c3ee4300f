import { expect, it, vi } from 'vitest';

import { Turns } from './turns.js';

/** Work that goes on until it is let go, and says when it has begun. */
const startWork = (turns: Turns, names: readonly string[]) => {
  const begun: string[] = [];
  const ends = names.map((name) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const done = turns.take(() => {
      begun.push(name);
      return promise;
    });
    return { end: () => resolve(name), done };
  });
  return { begun, ends };
};
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('begins a few at a time, in the order in which they came', async () => {
  const turns = new Turns(2, 60_000);
  const { begun, ends } = startWork(turns, ['a', 'b', 'c', 'd']);
  await settle();
  expect([begun, turns.taken, turns.waiting]).toEqual([['a', 'b'], 2, 2]);
  ends[1]?.end();
  await settle();
  expect(begun).toEqual(['a', 'b', 'c']);
  for (const { end } of ends) end();
  expect(await Promise.all(ends.map(({ done }) => done))).toEqual(['a', 'b', 'c', 'd']);
  const { begun: again } = startWork(turns, ['e', 'f', 'g']);
  await settle();
  expect(again).toEqual(['e', 'f']);
});

it('lets others begin where some take long, and each of those makes room once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const turns = new Turns(1, 100);
    const { begun, ends } = startWork(turns, ['slow', 'b', 'c']);
    vi.advanceTimersByTime(100);
    await settle();
    expect(begun).toEqual(['slow', 'b']);
    ends[0]?.end();
    await settle();
    expect(begun).toEqual(['slow', 'b']);
    ends[1]?.end();
    await settle();
    expect(begun).toEqual(['slow', 'b', 'c']);
  } finally {
    vi.useRealTimers();
  }
});

it('goes on where work fails', async () => {
  const turns = new Turns(1, 60_000);
  await expect(turns.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await turns.take(() => Promise.resolve('yes'))).toBe('yes');
});

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { tellWaits } from './waits.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const wait = (ms: number): Promise<string> =>
  new Promise((resolve) => {
    setTimeout(() => resolve('done'), ms);
  });

test('what lasts is said after two seconds and every ten, all of it in one line; what is short is not', async () => {
  const said: string[] = [];
  const { during } = tellWaits((line) => said.push(line));
  const all = [
    during('Postgres', wait(25_000)),
    during('the log', wait(3_000)),
    during('a port', wait(1_000)),
  ];
  await vi.advanceTimersByTimeAsync(2_000);
  expect(said).toEqual(['waiting for Postgres, the log (2 s)']);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(said.slice(1)).toEqual(['waiting for Postgres (12 s)', 'waiting for Postgres (22 s)']);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
  expect(said).toHaveLength(3);
});

test('a failure is passed on, and is waited for no longer', async () => {
  const said: string[] = [];
  const { during } = tellWaits((line) => said.push(line));
  await expect(during('x', Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await vi.advanceTimersByTimeAsync(5_000);
  expect(said).toEqual([]);
});

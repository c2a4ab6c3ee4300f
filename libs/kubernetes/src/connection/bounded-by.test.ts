import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, it } from 'vitest';

import { boundedBy } from './bounded-by.js';

describe('a bound', () => {
  it('is over with a TimeoutError where the work takes too long', async () => {
    const { signal } = boundedBy(5, undefined);
    await delay(20);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
  });

  it('is over with the reason of the outer signal, and at once where that is aborted already', () => {
    const outer = new AbortController();
    const { signal } = boundedBy(10_000, outer.signal);
    expect(signal.aborted).toBe(false);
    const reason = new Error('stopped');
    outer.abort(reason);
    expect(signal.reason).toBe(reason);
    expect(boundedBy(10_000, outer.signal).signal.reason).toBe(reason);
  });

  it('follows neither the time nor the outer signal once the work has ended', async () => {
    const outer = new AbortController();
    const { signal, end } = boundedBy(5, outer.signal);
    end();
    await delay(20);
    outer.abort();
    expect(signal.aborted).toBe(false);
  });
});

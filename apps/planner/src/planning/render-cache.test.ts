import { eventually } from '@syncline/testkit';
import { describe, expect, it } from 'vitest';

import { RenderCache } from './render-cache.js';

const value = (name: string, weight = 1) => ({ name, weight });

describe('a render cache', () => {
  it('makes a value once, also for those who ask while it is made', async () => {
    const cache = new RenderCache<ReturnType<typeof value>>(10);
    let made = 0;
    const make = async () => {
      await Promise.resolve();
      made += 1;
      return value('a');
    };
    const [one, two] = await Promise.all([cache.get('k', make), cache.get('k', make)]);
    expect(one).toBe(two);
    expect(await cache.get('k', make)).toBe(one);
    expect(made).toBe(1);
  });

  it('keeps no failure', async () => {
    const cache = new RenderCache<ReturnType<typeof value>>(10);
    await expect(cache.get('k', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await cache.get('k', () => Promise.resolve(value('mended')))).toEqual(value('mended'));
  });

  it('keeps a failure for as long as it is told to', async () => {
    const cache = new RenderCache<ReturnType<typeof value>>(10, () => 50);
    let made = 0;
    const fail = () => {
      made += 1;
      return Promise.reject(new Error('broken'));
    };
    await expect(cache.get('k', fail)).rejects.toThrow('broken');
    await expect(cache.get('k', fail)).rejects.toThrow('broken');
    expect(made).toBe(1);
    const again = () => cache.get('k', () => Promise.resolve(value('mended'))).catch(() => undefined);
    expect(await eventually(again, 5_000, 'another try')).toEqual(value('mended'));
  });

  it('lets go what was asked for longest ago when it grows too heavy', async () => {
    const cache = new RenderCache<ReturnType<typeof value>>(2);
    const made: string[] = [];
    const ask = (name: string) =>
      cache.get(name, () => {
        made.push(name);
        return Promise.resolve(value(name));
      });
    for (const name of ['a', 'b', 'a', 'c', 'a', 'b']) await ask(name);
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });
});

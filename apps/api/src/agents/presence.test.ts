import { describe, expect, test } from 'vitest';

import { Presence } from './presence.js';

const presence = () => new Presence(15, 100);

describe('an agent', () => {
  test('is silent since its last sign, once that is long enough ago', () => {
    const one = presence();
    one.hear('c', 120);
    expect(one.silentSince('c', 90, 134)).toBeUndefined();
    expect(one.silentSince('c', 90, 135)).toBe(120);
    expect([one.isHere('c', 134), one.isHere('c', 135)]).toEqual([true, false]);
  });

  test('that was never heard is waited for from its admission, and from our own beginning', () => {
    expect(presence().silentSince('c', 110, 124)).toBeUndefined();
    expect(presence().silentSince('c', 110, 125)).toBe(110);
    expect(presence().silentSince('c', 0, 114)).toBeUndefined();
    expect(presence().silentSince('c', 0, 115)).toBe(100);
  });

  test('is not lost for a time in which nobody could be heard', () => {
    const one = presence();
    one.hear('c', 120);
    one.listenAnew(200);
    expect(one.silentSince('c', 90, 214)).toBeUndefined();
    expect(one.silentSince('c', 90, 215)).toBe(120);
  });

  test('that is forgotten begins anew', () => {
    const one = presence();
    one.hear('c', 120);
    one.forget('c');
    expect(one.isHere('c', 121)).toBe(false);
  });
});

import type { Health } from '@syncline/events';
import type { TargetHealth } from '@syncline/kubernetes';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { waitedMs } from './patience.js';
import { TargetWatch } from './target-watch.js';

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'web', name: 'web' };
const seen = (health: Health, message = 'waiting'): TargetHealth => ({
  health,
  objects: health === 'Current' ? [] : [{ object: web, health, message }],
  objectCount: health === 'Current' ? 0 : 1,
});

describe('the health of a target', () => {
  let told: TargetHealth[] = [];
  let isConnected = true;
  const words = () => told.map(({ health }) => health);
  const watch = (waited = 0, timeoutSeconds = 60) =>
    new TargetWatch({
      waitedMs: waited,
      timeoutSeconds,
      isConnected: () => isConnected,
      tell: (health) => told.push(health),
    });

  beforeEach(() => {
    vi.useFakeTimers();
    [told, isConnected] = [[], true];
  });
  afterEach(() => vi.useRealTimers());

  test('is told at once the first time', () => {
    watch().see(seen('Current'));
    expect(words()).toEqual(['Current']);
  });

  test('that flaps is told as the first and the last word, and ever more rarely', () => {
    const target = watch();
    target.see(seen('InProgress'));
    for (let round = 0; round < 50; round += 1) {
      target.see(seen('Current'));
      target.see(seen('InProgress'));
    }
    target.see(seen('Current'));
    expect(words()).toEqual(['InProgress']);
    vi.advanceTimersByTime(500);
    expect(words()).toEqual(['InProgress', 'Current']);
    for (let second = 0; second < 60; second += 1) {
      target.see(seen(second % 2 === 0 ? 'InProgress' : 'Current'));
      vi.advanceTimersByTime(1_000);
    }
    expect(words().length).toBeLessThan(12);
  });

  test('that is not Current in its time is Failed, until it is Current', () => {
    const target = watch();
    target.see(seen('InProgress', '0 of 1 available'));
    vi.advanceTimersByTime(60_000);
    expect(words()).toEqual(['InProgress', 'Failed']);
    expect(told[1]?.objects[0]?.message).toBe('not Current after 60 s: 0 of 1 available');
    target.see(seen('InProgress'));
    vi.advanceTimersByTime(10_000);
    expect(words()).toEqual(['InProgress', 'Failed']);
    target.see(seen('Current'));
    expect(words()).toEqual(['InProgress', 'Failed', 'Current']);
  });

  test('has its whole time again once it was Current', () => {
    const target = watch();
    target.see(seen('Current'));
    vi.advanceTimersByTime(600_000);
    target.see(seen('InProgress'));
    vi.advanceTimersByTime(59_000);
    expect(words()).toEqual(['Current', 'InProgress']);
    vi.advanceTimersByTime(2_000);
    expect(words()).toEqual(['Current', 'InProgress', 'Failed']);
  });

  test('is not out of time while nobody can see it', () => {
    const target = watch();
    target.see(seen('InProgress'));
    isConnected = false;
    vi.advanceTimersByTime(120_000);
    expect(words()).toEqual(['InProgress']);
    isConnected = true;
    vi.advanceTimersByTime(5_000);
    expect(words()).toEqual(['InProgress', 'Failed']);
  });

  test('that a person suspended has no time limit', () => {
    const target = watch();
    target.see(seen('Suspended'));
    vi.advanceTimersByTime(600_000);
    expect(words()).toEqual(['Suspended']);
  });

  test('is waited for since its apply, also by an applier that started later', () => {
    const applied = '2026-11-24T06:00:00.000Z';
    const now = Date.parse('2026-11-24T08:00:00.000Z');
    expect(waitedMs(applied, false, now)).toBe(7_200_000);
    expect(waitedMs(applied, true, now)).toBe(0);
    expect(waitedMs(applied, false, Date.parse('2026-11-24T05:00:00.000Z'))).toBe(0);
    watch(59_000).see(seen('InProgress'));
    vi.advanceTimersByTime(1_000);
    expect(words()).toEqual(['InProgress', 'Failed']);
  });

  test.each([3_600_000, -3_600_000])('has its time and no other where a clock is set by %i ms', (by) => {
    const target = watch();
    target.see(seen('Current'));
    vi.setSystemTime(Date.now() + by);
    target.see(seen('InProgress'));
    vi.setSystemTime(Date.now() + by);
    vi.advanceTimersByTime(59_000);
    expect(words()).toEqual(['Current', 'InProgress']);
    vi.advanceTimersByTime(1_000);
    expect(words()).toEqual(['Current', 'InProgress', 'Failed']);
  });

  test('that flapped is told at once after a quiet minute, also where the clock was set back in it', () => {
    const target = watch();
    for (let round = 0; round < 30; round += 1) {
      target.see(seen(round % 2 === 0 ? 'InProgress' : 'Suspended'));
      vi.advanceTimersByTime(1_000);
    }
    vi.advanceTimersByTime(30_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    vi.advanceTimersByTime(60_000);
    target.see(seen('Current'));
    const count = words().length;
    target.see(seen('InProgress'));
    vi.advanceTimersByTime(600);
    expect(words()).toHaveLength(count + 1);
  });
});

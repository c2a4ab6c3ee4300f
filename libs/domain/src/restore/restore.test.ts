import type { RestoreEvent } from '@syncline/events';
import { fold } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { MemberProgress } from '../application/state.js';
import { restoreAggregate, restoredName, type RestoreCommand, type RestoreState } from './restore.js';

const { decider } = restoreAggregate;
const target = (application: string, cluster: string) => ({
  ...{ project: 'default', application, cluster, plan: 'a'.repeat(64), revision: '1'.repeat(40), drafted: 7 },
});
const steps = [
  { name: 'default/cart', targets: [target('cart', 'eu'), target('cart', 'us')] },
  { name: 'default/web', targets: [target('web', 'eu')] },
];
const restore: RestoreCommand = {
  type: 'restore',
  data: { restore: 'r1', asOf: '2026-05-04T14:31:00Z', steps, by: 'person:p1', reason: 'orders fail' },
};
const observe = (step: number, words: readonly MemberProgress['status'][]): RestoreCommand => ({
  type: 'observe',
  step,
  progress: Object.fromEntries(
    (steps[step]?.targets ?? []).map((one, at) => {
      const status = words[at] ?? 'pending';
      return [restoredName(one), status === 'failed' ? { status, reason: 'quota' } : { status }];
    }),
  ),
});

const run = (...commands: readonly RestoreCommand[]) => {
  const events: RestoreEvent[] = [];
  let state: RestoreState = decider.initial;
  for (const command of commands) {
    const decided = decider.decide(state, command);
    events.push(...decided);
    state = decided.reduce(decider.evolve, state);
  }
  return { events, state, types: events.map(({ type }) => type) };
};

describe('a restore', () => {
  it('opens its first step, the next when every target of it is healthy, and is completed', () => {
    const { types } = run(
      restore,
      observe(0, ['done', 'pending']),
      observe(0, ['done', 'done']),
      observe(1, ['done']),
    );
    expect(types).toEqual(['RestoreRequested', 'RestoreStepOpened', 'RestoreStepOpened', 'RestoreCompleted']);
  });

  it('halts once at a target that fails, and goes on when it has become what it was', () => {
    const failed = observe(0, ['done', 'failed']);
    const { events, types } = run(
      restore,
      failed,
      failed,
      observe(0, ['done', 'pending']),
      observe(0, ['done', 'done']),
    );
    expect(types).toEqual(['RestoreRequested', 'RestoreStepOpened', 'RestoreHalted', 'RestoreStepOpened']);
    expect(events[2]?.data).toMatchObject({ target: 'default/cart on us', reason: 'quota' });
  });

  it('that has nothing to do is completed at once', () => {
    const nothing = { ...restore, data: { ...restore.data, steps: [] } };
    expect(run(nothing).types).toEqual(['RestoreRequested', 'RestoreCompleted']);
  });

  it('opens each step once and in order, completes only what is done, and decides nothing on a repeated command', () => {
    const word = fc.constantFrom<MemberProgress['status']>('done', 'pending', 'failed');
    const drawn = fc.oneof(
      fc.constant(restore),
      fc
        .tuple(fc.integer({ min: 0, max: 2 }), fc.array(word, { maxLength: 2 }))
        .map(([step, words]) => observe(step, words)),
    );
    fc.assert(
      fc.property(fc.array(drawn, { maxLength: 40 }), (commands) => {
        const { events, state } = run(...commands);
        const opened = events.flatMap((one) => (one.type === 'RestoreStepOpened' ? [one.data.step] : []));
        expect(opened).toEqual(opened.map((_, at) => at));
        expect(fold(decider, events)).toEqual(state);
        for (const command of commands) {
          const decided = decider.decide(state, command);
          expect(decider.decide(decided.reduce(decider.evolve, state), command)).toEqual([]);
        }
      }),
    );
  });
});

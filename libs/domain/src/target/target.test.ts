import { healths, type TargetEvent } from '@syncline/events';
import { fold } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { LoggedTargetEvent, TargetCommand, TargetState } from './state.js';
import { targetAggregate } from './target.js';

const { decider } = targetAggregate;
const [planA, planB] = ['a'.repeat(64), 'b'.repeat(64)];
const revision = '1'.repeat(40);
const blob = (letter: string) => ({ digest: letter.repeat(64), size: 1, mediaType: 'application/json' });

const given = (...history: readonly LoggedTargetEvent[]): TargetState => fold(decider, history);
const names = (attempt: string, plan = planA) => ({ attempt, plan, revision });
const started = (attempt: string, plan = planA, fence = 5): LoggedTargetEvent => ({
  type: 'ApplyStarted',
  data: { ...names(attempt, plan), fence, operations: {} },
});
const succeeded = (attempt: string, plan = planA): LoggedTargetEvent => ({
  type: 'ApplySucceeded',
  data: { ...names(attempt, plan), inventory: blob('c'), render: 'd'.repeat(64), manifests: blob('e') },
  occurredAt: '2026-11-24T06:00:00.000Z',
  correlationId: 'change-1',
});
const begin = (attempt: string, plan = planA, fence = 5): TargetCommand => ({
  type: 'begin',
  data: { ...names(attempt, plan), fence, operations: {} },
});
const health = (word: (typeof healths)[number], plan = planA): TargetCommand => ({
  type: 'observe-health',
  plan,
  health: word,
  objects: [],
  objectCount: 0,
});
const at = '2026-11-24T06:00:05.000Z';
const drift = (plan = planA, document = blob('7')): TargetCommand => ({
  type: 'observe-drift',
  plan,
  at,
  drift: { objects: [], objectCount: 1, document, flaps: 0 },
});
const noDrift = (plan = planA): TargetCommand => ({
  type: 'observe-no-drift',
  plan,
  at: '2026-11-24T06:00:09.500Z',
});
const detected = (document = blob('7')): LoggedTargetEvent => ({
  type: 'DriftDetected',
  data: {
    ...{ revision, plan: planA, firstSeen: at },
    ...{ objects: [], objectCount: 1, document, flaps: 0 },
  },
});
const typesOf = (events: readonly TargetEvent[]) => events.map(({ type }) => type);

describe('beginning an apply', () => {
  test('is recorded with the fence at which it was checked', () => {
    expect(decider.decide(given(), begin('1'))).toEqual([started('1')]);
  });

  test('closes an attempt that a crash left open, to be tried again', () => {
    const events = decider.decide(given(started('1')), begin('2'));
    expect(typesOf(events)).toEqual(['ApplyErrored', 'ApplyStarted']);
    expect(events[0]?.data).toMatchObject({ attempt: '1', code: 'interrupted', retryInSeconds: 0 });
  });

  test('closes an open attempt of an older plan as aborted', () => {
    const events = decider.decide(given(started('1')), begin('2', planB));
    expect(typesOf(events)).toEqual(['ApplyAborted', 'ApplyStarted']);
  });

  test('happens once for a plan that was carried out, failed, went stale or was aborted', () => {
    const ends: readonly LoggedTargetEvent[] = [
      succeeded('1'),
      { type: 'ApplyFailed', data: { ...names('1'), code: 'forbidden', reason: 'no' } },
      { type: 'PlanFoundStale', data: { ...names('1'), reason: 'moved' } },
      { type: 'ApplyAborted', data: { ...names('1'), reason: 'newer' } },
    ];
    for (const end of ends) expect(decider.decide(given(started('1'), end), begin('2'))).toEqual([]);
  });

  test('happens again after an attempt that broke', () => {
    const broke: LoggedTargetEvent = {
      type: 'ApplyErrored',
      data: { ...names('1'), code: 'timeout', reason: 'slow', retryInSeconds: 1 },
    };
    expect(typesOf(decider.decide(given(started('1'), broke), begin('2')))).toEqual(['ApplyStarted']);
  });

  test('is refused to whoever checked before another began', () => {
    expect(() => decider.decide(given(started('1', planB, 9)), begin('2', planA, 5))).toThrow(/is late/);
  });
});

describe('what an attempt did', () => {
  test('is recorded once for each part', () => {
    const applied: TargetCommand = {
      type: 'record-applied',
      data: { attempt: '1', outcomes: { created: 1 }, results: blob('f') },
    };
    const events = decider.decide(given(started('1')), applied);
    expect(typesOf(events)).toEqual(['ObjectsApplied']);
    expect(decider.decide(given(started('1'), ...events), applied)).toEqual([]);
  });

  test('is recorded with how it ended where that comes right after', () => {
    const results: TargetCommand & { readonly type: 'record-applied' } = {
      type: 'record-applied',
      data: { attempt: '1', outcomes: { failed: 1 }, results: blob('f') },
    };
    const fail: TargetCommand = {
      type: 'fail',
      data: { attempt: '1', code: 'invalid', reason: 'no' },
      results,
    };
    const events = decider.decide(given(started('1')), fail);
    expect(typesOf(events)).toEqual(['ObjectsApplied', 'ApplyFailed']);
    expect(decider.decide(given(started('1'), ...events), fail)).toEqual([]);
    const before = decider.decide(given(started('1')), results);
    expect(typesOf(decider.decide(given(started('1'), ...before), fail))).toEqual(['ApplyFailed']);
  });

  test('is refused from an attempt whose place another took', () => {
    const command: TargetCommand = { type: 'abort', data: { attempt: '1', reason: 'newer' } };
    expect(() => decider.decide(given(started('1'), started('2')), command)).toThrow(/no longer open/);
  });

  test('leaves the inventory of what was applied before it failed', () => {
    const failed: LoggedTargetEvent = {
      type: 'ApplyFailed',
      data: { ...names('2', planB), code: 'invalid', reason: 'no', inventory: blob('9') },
    };
    const { held } = given(started('1'), succeeded('1'), started('2', planB), failed);
    expect(held.inventory).toEqual(blob('9'));
    expect(held.applied?.plan).toBe(planA);
  });
});

describe('a plan that began', () => {
  const aborted: LoggedTargetEvent = { type: 'ApplyAborted', data: { ...names('1'), reason: 'newer' } };

  test('is unsettled until an inventory says what the target holds', () => {
    expect(given(started('1'), aborted, started('2', planB)).held.unsettled).toEqual([planA, planB]);
    const broke: LoggedTargetEvent = {
      type: 'ApplyErrored',
      data: {
        ...names('2', planB),
        code: 'timeout',
        reason: 'slow',
        retryInSeconds: 1,
        inventory: blob('9'),
      },
    };
    expect(given(started('1'), aborted, started('2', planB), broke).held.unsettled).toBeUndefined();
    expect(given(started('1'), started('1'), started('1')).held.unsettled).toEqual([planA]);
  });
});

describe('health', () => {
  const applied = [started('1'), succeeded('1')];

  test('is said at least once for each plan that was carried out, though the word is the same', () => {
    const healthy = decider.decide(given(...applied), health('Current'));
    expect(healthy[0]?.data).toMatchObject({ plan: planA, from: 'Unknown', to: 'Current' });
    const next = given(...applied, ...healthy, started('2', planB), succeeded('2', planB));
    expect(typesOf(decider.decide(next, health('Current', planB)))).toEqual(['HealthTransitioned']);
  });

  test('is said within one plan only where the word changes', () => {
    const healthy = decider.decide(given(...applied), health('Current'));
    const state = given(...applied, ...healthy);
    expect(decider.decide(state, health('Current'))).toEqual([]);
    expect(decider.decide(state, health('Failed'))[0]?.data).toMatchObject({ from: 'Current', to: 'Failed' });
  });

  test('does not count for another plan, while an apply is under way, or once the target is orphaned', () => {
    expect(decider.decide(given(...applied), health('Current', planB))).toEqual([]);
    expect(decider.decide(given(...applied, started('2', planB)), health('Current'))).toEqual([]);
    const orphaned: LoggedTargetEvent = { type: 'TargetOrphaned', data: { reason: 'retired', objects: 1 } };
    expect(decider.decide(given(...applied, orphaned), health('Current'))).toEqual([]);
  });
});

describe('a target that is released', () => {
  const orphan: TargetCommand = { type: 'orphan', reason: 'retired', objects: 3 };

  test('is orphaned once, and what is under way is aborted', () => {
    expect(typesOf(decider.decide(given(started('1'), succeeded('1')), orphan))).toEqual(['TargetOrphaned']);
    expect(typesOf(decider.decide(given(started('1')), orphan))).toEqual(['ApplyAborted', 'TargetOrphaned']);
  });

  test('is nothing to speak of where nothing was ever applied', () => {
    expect(decider.decide(given(), orphan)).toEqual([]);
  });

  test('keeps its inventory, for the day it is placed again', () => {
    const orphaned: LoggedTargetEvent = { type: 'TargetOrphaned', data: { reason: 'retired', objects: 1 } };
    expect(given(started('1'), succeeded('1'), orphaned).held.inventory).toEqual(blob('c'));
  });
});

describe('drift', () => {
  const applied = [started('1'), succeeded('1')];
  const ending: TargetCommand = {
    type: 'succeed',
    data: { attempt: '2', inventory: blob('c'), render: 'd'.repeat(64), manifests: blob('e') },
    at: '2026-11-24T06:00:09.500Z',
    heals: true,
    manager: 'syncline',
  };

  test('is said once, and again when it is another one, as old as its first sight', () => {
    expect(decider.decide(given(...applied), drift())).toEqual([detected()]);
    const open = given(...applied, detected());
    expect(decider.decide(open, { ...drift(), at: 'later' } as TargetCommand)).toEqual([]);
    const other = decider.decide(open, { ...drift(planA, blob('8')), at: 'later' } as TargetCommand);
    expect(other).toEqual([detected(blob('8'))]);
  });

  test('is not said of a plan that is not the last applied one, nor while an apply is under way', () => {
    expect(decider.decide(given(), drift())).toEqual([]);
    expect(decider.decide(given(...applied), drift(planB))).toEqual([]);
    expect(decider.decide(given(...applied, started('2', planB)), drift())).toEqual([]);
  });

  test('of a target that is released is none any more when it comes back', () => {
    const orphaned: LoggedTargetEvent = { type: 'TargetOrphaned', data: { reason: 'retired', objects: 1 } };
    const back = given(...applied, detected(), orphaned, started('2', planB));
    expect(typesOf(decider.decide(back, ending))).toEqual(['ApplySucceeded']);
  });

  test('that is gone says who put it back, where that is known', () => {
    const state = given(...applied, detected());
    const [known] = decider.decide(state, { ...noDrift(), manager: 'kubectl-edit' } as TargetCommand);
    expect(known?.data).toMatchObject({ by: 'cluster', manager: 'kubectl-edit' });
    expect(decider.decide(state, noDrift())[0]?.data).not.toHaveProperty('manager');
  });

  test('that is gone says how long it lasted, once', () => {
    const events = decider.decide(given(...applied, detected()), noDrift());
    expect(events).toEqual([
      {
        type: 'DriftHealed',
        data: { revision, plan: planA, firstSeen: at, lifetimeSeconds: 4.5, by: 'cluster' },
      },
    ]);
    expect(decider.decide(given(...applied, detected(), ...events), noDrift())).toEqual([]);
  });

  test('ends with the next apply that succeeds, which says whether it was made to heal', () => {
    const state = given(...applied, detected(), started('2', planB));
    const events = decider.decide(state, ending);
    expect(typesOf(events)).toEqual(['ApplySucceeded', 'DriftHealed']);
    expect(events[1]?.data).toMatchObject({
      by: 'heal',
      manager: 'syncline',
      lifetimeSeconds: 4.5,
      plan: planA,
    });
    const byApply = decider.decide(state, { ...ending, heals: false });
    expect(byApply[1]?.data).toMatchObject({ by: 'apply' });
    expect(
      given(...applied, detected(), started('2', planB), ...(events as LoggedTargetEvent[])).held.drift,
    ).toBe(undefined);
  });
});

const attempts = fc.constantFrom('1', '2', '3');
const plans = fc.constantFrom(planA, planB);
const anyEvent: fc.Arbitrary<LoggedTargetEvent> = fc
  .record({
    attempt: attempts,
    plan: plans,
    fence: fc.integer({ min: 1, max: 9 }),
    word: fc.constantFrom(...healths),
  })
  .chain(({ attempt, plan, fence, word }) => {
    const of = names(attempt, plan);
    return fc.constantFrom<LoggedTargetEvent>(
      started(attempt, plan, fence),
      succeeded(attempt, plan),
      { type: 'ObjectsApplied', data: { ...of, outcomes: {}, results: blob('f') } },
      { type: 'ObjectsPruned', data: { ...of, outcomes: {}, results: blob('f') } },
      { type: 'ApplyFailed', data: { ...of, code: 'x', reason: 'y' } },
      { type: 'ApplyErrored', data: { ...of, code: 'x', reason: 'y', retryInSeconds: 1 } },
      { type: 'ApplyAborted', data: { ...of, reason: 'y' } },
      { type: 'PlanFoundStale', data: { ...of, reason: 'y', inventory: blob('7') } },
      {
        type: 'HealthTransitioned',
        data: { revision, plan, from: 'Unknown', to: word, objects: [], objectCount: 0 },
      },
      { type: 'TargetOrphaned', data: { reason: 'retired', objects: 0 } },
    );
  });
const anyCommand: fc.Arbitrary<TargetCommand> = fc
  .record({
    attempt: attempts,
    plan: plans,
    fence: fc.integer({ min: 1, max: 9 }),
    word: fc.constantFrom(...healths),
  })
  .chain(({ attempt, plan, fence, word }) =>
    fc.constantFrom<TargetCommand>(
      begin(attempt, plan, fence),
      { type: 'record-applied', data: { attempt, outcomes: {}, results: blob('f') } },
      { type: 'record-pruned', data: { attempt, outcomes: {}, results: blob('f') } },
      {
        type: 'succeed',
        data: { attempt, inventory: blob('c'), render: 'd'.repeat(64), manifests: blob('e') },
        at: '2026-11-24T06:00:09.000Z',
        heals: false,
      },
      drift(plan),
      noDrift(plan),
      { type: 'fail', data: { attempt, code: 'x', reason: 'y' } },
      { type: 'break-off', data: { attempt, code: 'x', reason: 'y', retryInSeconds: 1 } },
      { type: 'abort', data: { attempt, reason: 'y' } },
      { type: 'find-stale', data: { attempt, reason: 'y' } },
      health(word, plan),
      { type: 'orphan', reason: 'retired', objects: 0 },
    ),
  );

const tryDecide = (state: TargetState, command: TargetCommand): readonly TargetEvent[] => {
  try {
    return decider.decide(state, command);
  } catch {
    return [];
  }
};

describe('properties', () => {
  test('any history folds, and its fence never falls', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 30 }), (history) => {
        let state = decider.initial;
        for (const event of history) {
          const next = decider.evolve(state, event);
          expect(next.held.fence).toBeGreaterThanOrEqual(state.held.fence);
          state = next;
        }
      }),
    );
  });

  test('a command that is repeated at once decides nothing', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 30 }), (commands) => {
        let state = decider.initial;
        for (const command of commands) {
          state = fold(decider, tryDecide(state, command), state);
          expect(tryDecide(state, command)).toEqual([]);
        }
      }),
    );
  });

  test('one attempt is open at a time, and only the open one ends', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 60 }), (commands) => {
        let state = decider.initial;
        const log: TargetEvent[] = [];
        for (const command of commands) {
          const events = tryDecide(state, command);
          log.push(...events);
          state = fold(decider, events, state);
        }
        let open: string | undefined;
        for (const event of log) {
          if (event.type === 'ApplyStarted') {
            expect(open).toBeUndefined();
            open = event.data.attempt;
          } else if (/^Apply(Succeeded|Failed|Errored|Aborted)$|^PlanFoundStale$/.test(event.type)) {
            expect((event.data as { attempt: string }).attempt).toBe(open);
            open = undefined;
          }
        }
      }),
    );
  });
});

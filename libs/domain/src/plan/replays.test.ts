import type { TargetSpec } from '@syncline/events';
import { formatPosition, isCommandRefused } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planAggregate } from './plan.js';
import { requestOf, type LoggedPlanEvent, type PlanCommand, type PlanState } from './state.js';

const { decider } = planAggregate;
const rev = (digit: string) => digit.repeat(40);
const dig = (digit: string) => digit.repeat(64);
const [first, wanted, newer] = [rev('1'), rev('2'), rev('3')];
const blob = (digit: string) => ({ digest: dig(digit), size: 1, mediaType: 'application/json' });
const since = '2026-11-24T06:00:00.000Z';

const spec = (more: Partial<TargetSpec> = {}): TargetSpec => ({
  ...{ repository: 'fleet', path: 'checkout', renderer: 'detect', namespace: 'checkout' },
  ...{ substitute: {}, patches: [], mode: 'automatic', healthTimeoutSeconds: 300 },
  prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } },
  drift: 'heal',
  ...more,
});
const ask = (revision: string, of = spec(), rollout = 'r1'): PlanCommand => ({
  ...{ type: 'request', rollout, revision, reason: 'rollout', spec: of },
});
const recorded = (plan: string) => ({
  ...{ kind: 'replay', plan: dig(plan), cluster: 'prod-eu', manifests: blob(plan), render: dig('e') },
  ...{ namespace: 'checkout', by: 'person:p1', reason: 'orders fail', since },
});
const replay = (plan = 'a', ending?: 'succeeded' | 'failed', of = ''): PlanCommand => ({
  ...{ type: 'replay', revision: first, recorded: { ...recorded(plan), kind: 'replay' } },
  ...(ending && { ending: { plan: of, outcome: ending } }),
});
const draft = (request: string, plan: string, needs: string[] = []): PlanCommand => ({
  type: 'draft',
  request,
  draft: {
    ...{ plan, change: dig('c'), document: blob('0'), manifests: blob('0'), render: dig('e') },
    ...{ actions: {}, certainties: {}, predicted: false, needs, refused: [] },
  },
});
const end: PlanCommand = { type: 'end-replay', by: 'person:p2', reason: 'mended' };

class History {
  readonly events: LoggedPlanEvent[] = [];
  state: PlanState = decider.initial;
  #sequence = 0;

  run(...commands: readonly PlanCommand[]): this {
    for (const command of commands) this.decide(command);
    return this;
  }

  decide(command: PlanCommand): readonly LoggedPlanEvent[] {
    const decided = decider.decide(this.state, command);
    if (decided.length > 0) this.#sequence += 1;
    return decided.map((event, index) => {
      const logged = { ...event, position: { sequence: this.#sequence, index }, correlationId: 'change' };
      this.events.push(logged);
      this.state = decider.evolve(this.state, logged);
      return logged;
    });
  }

  types(command: PlanCommand): readonly string[] {
    return this.decide(command).map(({ type }) => type);
  }

  get request(): string {
    return requestOf(this.state)?.position ?? '';
  }

  get runs(): string | undefined {
    return requestOf(this.state)?.recorded?.plan;
  }
}

/** The second revision is asked for and planned; `plan` is its newest. */
const atWanted = (of = spec()): History => {
  const history = new History().run(ask(wanted, of));
  return history.run(draft(history.request, dig('b')));
};

describe('a replay', () => {
  it('says who asked, supersedes what was open, and is planned from the record under today’s rules', () => {
    const decided = atWanted().decide(replay());
    expect(decided.map(({ type }) => type)).toEqual(['PlanSuperseded', 'ReplayRequested', 'PlanRequested']);
    expect(decided[1]?.data).toEqual({
      ...{ rollout: 'r1', revision: first, plan: dig('a'), cluster: 'prod-eu', instead: wanted },
      ...{ by: 'person:p1', reason: 'orders fail' },
    });
    expect(decided[2]?.data).toMatchObject({
      ...{ revision: first, reason: 'replay', spec: spec() },
      recorded: { ...recorded('a'), instead: wanted },
    });
  });

  it('is approved by rule in automatic mode and waits for a person in approval mode', () => {
    const automatic = atWanted().run(replay());
    expect(automatic.types(draft(automatic.request, dig('d')))).toEqual(['PlanDrafted', 'PlanApproved']);
    const asking = atWanted(spec({ mode: 'approval' })).run(replay());
    expect(asking.types(draft(asking.request, dig('d')))).toEqual(['PlanDrafted']);
  });

  it('is not undone by a rollout of the revision that it is there in place of', () => {
    expect(
      atWanted()
        .run(replay())
        .decide(ask(wanted, spec(), 'r2')),
    ).toEqual([]);
  });

  it.each([
    ['another revision', ask(newer)],
    ['another spec', ask(wanted, spec({ substitute: { REGION: 'us' } }))],
  ])('is ended by a request for %s', (_, command) => {
    const history = atWanted().run(replay());
    expect(history.types(command)).toEqual(['PlanRequested']);
    expect(history.runs).toBeUndefined();
  });

  it.each<[string, (history: History) => PlanCommand]>([
    ['a cluster that is back', () => ({ type: 'return' })],
    ['a retry', () => ({ type: 'retry' })],
  ])('that is held is planned from the record again by %s', (_, command) => {
    const history = atWanted().run(replay());
    history.run({ type: 'hold', by: 'cluster', request: history.request, reason: 'x', since });
    expect(history.types(command(history))).toEqual(['PlanRequested']);
    expect(history.runs).toBe(dig('a'));
  });

  it('that is found stale, healed, paused and resumed stays one', () => {
    const history = atWanted().run(replay());
    history.run(draft(history.request, dig('d')), { type: 'find-stale', plan: dig('d'), reason: 'x', since });
    expect([history.state.status, history.runs]).toEqual(['requested', dig('a')]);
    history.run({ type: 'pause', reason: 'x', since }, { type: 'resume' });
    expect([history.state.status, history.runs]).toEqual(['requested', dig('a')]);
    history.run(draft(history.request, dig('f')));
    const ending = { plan: dig('f'), outcome: 'succeeded' } as const;
    history.run({ type: 'heal', plan: dig('f'), ending, what: 'x', at: since });
    expect([history.state.status, history.runs]).toEqual(['requested', dig('a')]);
  });

  it('asks nothing of what a cluster serves', () => {
    const history = atWanted().run(replay());
    history.run(draft(history.request, dig('d')));
    expect(history.decide({ type: 'replan', ending: { plan: dig('d'), outcome: 'succeeded' } })).toEqual([]);
  });

  it('asked for again decides nothing while it goes on or rests, and asks anew where it failed', () => {
    const history = atWanted().run(replay());
    expect(history.decide(replay())).toEqual([]);
    history.run(draft(history.request, dig('d')));
    expect(history.decide(replay('a', 'succeeded', dig('d')))).toEqual([]);
    expect(history.types(replay('a', 'failed', dig('d')))).toEqual(['ReplayRequested', 'PlanRequested']);
  });

  it('after a replay is still in place of what Git wants', () => {
    const history = atWanted().run(replay('a'), replay('c'));
    expect(requestOf(history.state)?.recorded).toMatchObject({ plan: dig('c'), instead: wanted });
  });

  it('is ended by a person: what Git wants is asked for', () => {
    const history = atWanted().run(replay());
    const decided = history.decide(end);
    expect(decided.map(({ type }) => type)).toEqual(['ReplayEnded', 'PlanRequested']);
    expect(decided[1]?.data).toMatchObject({ revision: wanted, reason: 'replay-ended' });
    expect(history.decide(end)).toEqual([]);
  });

  it('is refused by name where nothing is placed, or all is only observed', () => {
    const refusal = (history: History) => {
      try {
        return history.decide(replay());
      } catch (error) {
        return isCommandRefused(error) ? error.code : error;
      }
    };
    expect(refusal(new History())).toBe('target-unknown');
    expect(refusal(atWanted().run({ type: 'release', reason: 'placement', revision: newer }))).toBe(
      'target-unknown',
    );
    expect(refusal(atWanted(spec({ mode: 'observe' })))).toBe('application-observed');
  });
});

describe('an undelete', () => {
  const objects = Array.from({ length: 12 }, (_, at) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'checkout', name: `limits-${at}` },
  }));
  const undelete: PlanCommand = {
    ...{ type: 'undelete', revision: wanted, objects, by: 'person:p1', reason: 'orders fail' },
    recorded: { ...recorded('a'), kind: 'undelete' },
  };

  it('names at most ten objects, says how many there are, and stays until another revision comes', () => {
    const history = atWanted();
    const [, announced, asked] = history.decide(undelete);
    expect(announced?.data).toMatchObject({ objects: objects.slice(0, 10), objectCount: 12 });
    expect(asked?.data).toMatchObject({
      reason: 'undelete',
      recorded: { kind: 'undelete', instead: wanted },
    });
    expect(history.decide(ask(wanted))).toEqual([]);
    expect(history.decide(undelete)).toEqual([]);
    expect(history.types(ask(newer))).toEqual(['PlanRequested']);
  });

  it('of what the revision has asks for it once more where the target is at rest, and for nothing else', () => {
    const own: PlanCommand = {
      type: 'undelete',
      revision: wanted,
      objects: objects.slice(0, 1),
      by: 'person:p1',
    };
    const history = atWanted();
    expect(history.decide(own)).toEqual([]);
    const ending = { plan: dig('b'), outcome: 'succeeded' } as const;
    expect(history.types({ ...own, ending })).toEqual(['UndeleteRequested', 'PlanRequested']);
    expect(requestOf(history.state)).toMatchObject({ revision: wanted });
    expect(requestOf(history.state)?.recorded).toBeUndefined();
    expect(history.decide({ ...own, ending })).toEqual([]);
    expect(atWanted().decide({ ...own, objects: [], ending })).toEqual([]);
  });
});

type Drawn = (history: History) => PlanCommand;
const plansIn = (history: History): string =>
  history.events.findLast((event) => event.type === 'PlanDrafted')?.data.plan ?? '';
const planFor = (request: string): string => request.replace('.', '').padStart(64, 'a');
const gone = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'checkout', name: 'limits' };
const drawn: fc.Arbitrary<Drawn> = fc.constantFrom<Drawn>(
  () => ask(wanted),
  () => ask(newer),
  ({ request }) => draft(request, planFor(request)),
  ({ request }) => draft(request, planFor(request), ['look']),
  ({ request }) => ({ type: 'hold', by: 'cluster', request, reason: 'x', since }),
  ({ request }) => ({ type: 'fail', request, reason: 'x' }),
  ({ request }) => ({ type: 'find-unchanged', request, render: dig('e') }),
  (history) => ({ type: 'find-stale', plan: plansIn(history), reason: 'x', since }),
  (history) => ({ type: 'approve', plan: plansIn(history), by: 'person:p' }),
  (history) => ({ type: 'reject', plan: plansIn(history), by: 'person:p', reason: 'x' }),
  (history) => ({ type: 'retry', ending: { plan: plansIn(history), outcome: 'failed' } }),
  (history) => ({ type: 'replan', ending: { plan: plansIn(history), outcome: 'succeeded' } }),
  (history) => ({
    ...{ type: 'heal', plan: plansIn(history), what: 'x', at: since },
    ending: { plan: plansIn(history), outcome: 'succeeded' },
  }),
  () => ({ type: 'return' }),
  () => ({ type: 'pause', reason: 'x', since }),
  () => ({ type: 'resume' }),
  () => ({ type: 'release', reason: 'retired', revision: newer }),
  () => replay('a'),
  () => replay('c'),
  (history) => ({
    ...{ type: 'undelete', revision: wanted, objects: [gone], by: 'person:p1' },
    ending: { plan: plansIn(history), outcome: 'succeeded' },
  }),
  () => end,
);
const histories = fc.array(drawn, { minLength: 5, maxLength: 60, size: 'max' });

const attempt = (history: History, command: PlanCommand): readonly LoggedPlanEvent[] => {
  try {
    return history.decide(command);
  } catch (error) {
    if (isCommandRefused(error)) return [];
    throw error;
  }
};

describe('any history with replays', () => {
  it('decides nothing on a repeated command', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        for (const make of commands) {
          const command = make(history);
          if (attempt(history, command).length > 0) expect(attempt(history, command)).toEqual([]);
        }
      }),
    );
  });

  it('ends a replay only by another wish: of Git, of a person, or by leaving', () => {
    const mayEnd = new Set(['request', 'replay', 'end-replay', 'release']);
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        for (const make of commands) {
          const [before, instead] = [history.runs, requestOf(history.state)?.recorded?.instead];
          const command = make(history);
          attempt(history, command);
          if (history.runs !== before) expect(mayEnd).toContain(command.type);
          if (before !== undefined && command.type === 'request')
            expect(history.runs).toBe(command.revision === instead ? before : undefined);
        }
      }),
    );
  });

  it('asks from the record for just what a person named last, whatever asks again', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        for (const make of commands) attempt(history, make(history));
        let named: string | undefined;
        for (const event of history.events) {
          if (event.type === 'ReplayRequested') named = event.data.plan;
          if (event.type !== 'PlanRequested' || !event.data.recorded) continue;
          expect(event.data.recorded.plan).toBe(named);
          expect(event.data.revision).toBe(first);
          expect(formatPosition(event.position!)).not.toBe('');
        }
      }),
    );
  });
});

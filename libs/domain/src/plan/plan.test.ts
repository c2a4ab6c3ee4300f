import type { TargetSpec } from '@syncline/events';
import { fold, formatPosition, isCommandRefused } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planAggregate } from './plan.js';
import type { LoggedPlanEvent, PlanCommand, PlanState } from './state.js';

const { decider } = planAggregate;
const rev = (digit: string) => digit.repeat(40);
const dig = (digit: string) => digit.repeat(64);
const blob = { digest: dig('0'), size: 1, mediaType: 'application/json' };
const since = '2026-11-24T06:00:00.000Z';

const spec = (mode: TargetSpec['mode'] = 'automatic'): TargetSpec => ({
  repository: 'fleet',
  path: 'checkout',
  renderer: 'detect',
  namespace: 'checkout',
  substitute: {},
  patches: [],
  mode,
  prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } },
  healthTimeoutSeconds: 300,
});

const ask = (revision: string, mode?: TargetSpec['mode'], rollout = 'r1'): PlanCommand => ({
  type: 'request',
  rollout,
  revision,
  reason: 'rollout',
  spec: spec(mode),
});

const draft = (
  request: string,
  plan: string,
  more: { needs?: string[]; refused?: string[] } = {},
): PlanCommand => ({
  type: 'draft',
  request,
  draft: {
    plan,
    change: dig('c'),
    document: blob,
    manifests: blob,
    render: dig('e'),
    actions: { create: 1 },
    certainties: { confirmed: 1 },
    predicted: false,
    needs: [],
    refused: [],
    ...more,
  },
});

/** Runs commands as the log would: each decision is one message, refusals append nothing. */
class History {
  readonly events: LoggedPlanEvent[] = [];
  state: PlanState = decider.initial;
  #sequence = 0;

  run(...commands: readonly PlanCommand[]): this {
    for (const command of commands) this.decide(command);
    return this;
  }

  decide(command: PlanCommand): readonly string[] {
    const decided = decider.decide(this.state, command);
    if (decided.length > 0) this.#sequence += 1;
    decided.forEach((event, index) => {
      const logged = { ...event, position: { sequence: this.#sequence, index }, correlationId: 'change' };
      this.events.push(logged);
      this.state = decider.evolve(this.state, logged);
    });
    return decided.map(({ type }) => type);
  }

  /** Position of the request that is current. */
  get request(): string {
    return 'request' in this.state ? this.state.request.position : '';
  }
}

const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (isCommandRefused(error)) return error.code;
    throw error;
  }
  return 'not refused';
};

describe('a target that is asked for', () => {
  it('is planned once, however many rollouts ask for the same', () => {
    const history = new History().run(ask(rev('a')));
    expect(history.decide(ask(rev('a'), 'automatic', 'r2'))).toEqual([]);
  });

  it('is planned again where its spec is another at the same revision', () => {
    const history = new History().run(ask(rev('a')));
    expect(history.decide(ask(rev('a'), 'approval'))).toEqual(['PlanRequested']);
  });

  it('takes no answer to an earlier request', () => {
    const history = new History().run(ask(rev('a')));
    const earlier = history.request;
    history.run(ask(rev('b')));
    expect(history.decide(draft(earlier, dig('1')))).toEqual([]);
    expect(history.decide({ type: 'hold', by: 'cluster', request: earlier, reason: 'lost', since })).toEqual(
      [],
    );
    expect(history.decide({ type: 'find-unchanged', request: earlier, render: dig('e') })).toEqual([]);
    expect(history.decide({ type: 'fail', request: earlier, reason: 'broken' })).toEqual([]);
  });

  it('tells a second request for the same revision from the first', () => {
    const history = new History().run(ask(rev('a')));
    const first = history.request;
    history.run(ask(rev('b')), ask(rev('a')));
    expect(history.decide(draft(first, dig('1')))).toEqual([]);
    expect(history.decide(draft(history.request, dig('2')))).toEqual(['PlanDrafted', 'PlanApproved']);
  });

  it('is held once, and asked for again when its cluster is back', () => {
    const history = new History().run(ask(rev('a')));
    const hold = {
      type: 'hold',
      by: 'cluster',
      request: history.request,
      reason: 'no answer',
      since,
    } as const;
    expect(history.decide(hold)).toEqual(['PlanHeld']);
    expect(history.decide(hold)).toEqual([]);
    expect(history.decide({ type: 'return' })).toEqual(['PlanRequested']);
    expect(history.decide({ type: 'return' })).toEqual([]);
  });

  it('supersedes its open plan, but not one whose apply has ended', () => {
    const open = new History().run(ask(rev('a')));
    open.run(draft(open.request, dig('1')));
    const ended = { ...ask(rev('b')), ending: { plan: dig('1'), outcome: 'succeeded' } } as PlanCommand;
    expect(decider.decide(open.state, ended).map(({ type }) => type)).toEqual(['PlanRequested']);
    expect(open.decide(ask(rev('b')))).toEqual(['PlanSuperseded', 'PlanRequested']);
  });
});

describe('a drafted plan', () => {
  const drafted = (mode: TargetSpec['mode'], more = {}) => {
    const history = new History().run(ask(rev('a'), mode));
    return history.run(draft(history.request, dig('1'), more));
  };
  const approve = (plan: string): PlanCommand => ({ type: 'approve', plan, by: 'person:p1' });
  const reject = (plan: string): PlanCommand => ({ type: 'reject', plan, by: 'person:p1', reason: 'no' });

  it('is approved by rule where nothing needs a person and nothing is refused', () => {
    expect(drafted('automatic').state.status).toBe('approved');
    expect(drafted('automatic', { needs: ['removes a Namespace'] }).state.status).toBe('drafted');
    expect(drafted('automatic', { refused: ['unknown field'] }).state.status).toBe('drafted');
    expect(drafted('approval').state.status).toBe('drafted');
    expect(drafted('observe').state.status).toBe('drafted');
  });

  it('is approved by its digest alone', () => {
    const history = drafted('approval');
    expect(refusal(() => history.decide(approve(dig('2'))))).toBe('plan-superseded');
    expect(history.decide(approve(dig('1')))).toEqual(['PlanApproved']);
    expect(history.decide(approve(dig('1')))).toEqual([]);
  });

  it('cannot be approved where an operation is refused, or in observe mode', () => {
    expect(refusal(() => drafted('approval', { refused: ['unknown field'] }).decide(approve(dig('1'))))).toBe(
      'plan-refused',
    );
    expect(refusal(() => drafted('observe').decide(approve(dig('1'))))).toBe('plan-observed');
  });

  it('stays rejected once it is, and cannot be rejected once it is approved', () => {
    const history = drafted('approval').run(reject(dig('1')));
    expect(history.decide(reject(dig('1')))).toEqual([]);
    expect(refusal(() => history.decide(approve(dig('1'))))).toBe('plan-rejected');
    expect(refusal(() => drafted('automatic').decide(reject(dig('1'))))).toBe('plan-approved');
  });

  it('cannot be approved after a newer request', () => {
    const history = drafted('approval').run(ask(rev('b')));
    expect(refusal(() => history.decide(approve(dig('1'))))).toBe('no-plan');
  });
});

describe('an approved plan', () => {
  const approved = () => {
    const history = new History().run(ask(rev('a')));
    return history.run(draft(history.request, dig('1')));
  };
  const stale = (plan: string): PlanCommand => ({ type: 'find-stale', plan, reason: 'scaled', since });

  it('is void where the live state moved, and made anew', () => {
    const history = approved();
    expect(history.decide(stale(dig('1')))).toEqual(['PlanInvalidated', 'PlanRequested']);
    expect(history.decide(stale(dig('1')))).toEqual([]);
  });

  it('is not void for the sake of another plan', () => {
    expect(approved().decide(stale(dig('2')))).toEqual([]);
  });

  it('is held where the live state will not keep still', () => {
    const history = new History().run(ask(rev('a')));
    for (const plan of ['1', '2', '3', '4'].map(dig)) history.run(draft(history.request, plan), stale(plan));
    history.run(draft(history.request, dig('5')));
    expect(history.decide(stale(dig('5')))).toEqual(['PlanInvalidated', 'PlanHeld']);
  });

  it('is retried where its apply failed, and only then', () => {
    const history = approved();
    expect(history.decide({ type: 'retry' })).toEqual([]);
    expect(history.decide({ type: 'retry', ending: { plan: dig('1'), outcome: 'succeeded' } })).toEqual([]);
    expect(history.decide({ type: 'retry', ending: { plan: dig('1'), outcome: 'failed' } })).toEqual([
      'PlanRequested',
    ]);
  });

  it('is made anew where the cluster serves something else, once nothing is under way', () => {
    const replan = (outcome?: 'succeeded' | 'failed'): PlanCommand => ({
      type: 'replan',
      ...(outcome && { ending: { plan: dig('1'), outcome } }),
    });
    expect(approved().decide(replan())).toEqual([]);
    expect(approved().decide(replan('failed'))).toEqual([]);
    expect(approved().decide(replan('succeeded'))).toEqual(['PlanRequested']);
    const waiting = new History().run(ask(rev('a'), 'approval'));
    waiting.run(draft(waiting.request, dig('1')));
    expect(waiting.decide(replan())).toEqual(['PlanSuperseded', 'PlanRequested']);
    expect(waiting.decide(replan())).toEqual([]);
  });

  it('that waits for an artifact does not go on because the cluster is back, but where it is retried', () => {
    const history = new History().run(ask(rev('a')));
    history.run({ type: 'hold', by: 'artifact', request: history.request, reason: 'not found', since });
    expect(history.decide({ type: 'return' })).toEqual([]);
    expect(history.decide({ type: 'retry' })).toEqual(['PlanRequested']);
  });

  it('ends with its target, which is asked for anew when it is back', () => {
    const history = approved();
    const release = { type: 'release', reason: 'placement', revision: rev('a') } as const;
    expect(history.decide(release)).toEqual(['PlanSuperseded', 'TargetReleased']);
    expect(history.decide(release)).toEqual([]);
    expect(history.decide(ask(rev('a')))).toEqual(['PlanRequested']);
  });
});

/** A command as a history may hold it: answers and decisions name a request or plan of the past or the present. */
type Drawn = (history: History) => PlanCommand;

const plansIn = (history: History): readonly string[] =>
  history.events.flatMap((event) => (event.type === 'PlanDrafted' ? [event.data.plan] : []));
const requestsIn = (history: History): readonly string[] =>
  history.events.flatMap((event) =>
    event.type === 'PlanRequested' && event.position ? [formatPosition(event.position)] : [],
  );
const pick = (from: readonly string[], at: number): string => from[Math.max(0, from.length - 1 - at)] ?? '';
/** As in a real plan, the digest differs with the request that it answers. */
const planFor = (request: string): string => request.replace('.', '').padStart(64, 'a');

const recent = fc.integer({ min: 0, max: 2 });
const mode = fc.constantFrom('automatic', 'approval', 'observe' as const);
const asks = fc.tuple(fc.constantFrom(rev('a'), rev('b')), mode).map(
  ([revision, wanted]): Drawn =>
    () =>
      ask(revision, wanted),
);
const drafts = fc
  .tuple(recent, fc.boolean(), fc.boolean())
  .map(([at, needs, refused]): Drawn => (history) => {
    const request = pick(requestsIn(history), at);
    const more = { needs: needs ? ['look'] : [], refused: refused ? ['no'] : [] };
    return draft(request, planFor(request), more);
  });
const others: readonly ((request: string, plan: string) => PlanCommand)[] = [
  (request) => ({ type: 'hold', by: 'cluster', request, reason: 'x', since }),
  (request) => ({ type: 'fail', request, reason: 'x' }),
  (request) => ({ type: 'find-unchanged', request, render: dig('e') }),
  (_, plan) => ({ type: 'find-stale', plan, reason: 'x', since }),
  (_, plan) => ({ type: 'approve', plan, by: 'person:p' }),
  (_, plan) => ({ type: 'approve', plan, by: 'person:p' }),
  (_, plan) => ({ type: 'reject', plan, by: 'person:p', reason: 'x' }),
  (_, plan) => ({ type: 'retry', ending: { plan, outcome: 'failed' } }),
  () => ({ type: 'return' }),
  (_, plan) => ({ type: 'replan', ending: { plan, outcome: 'succeeded' } }),
  () => ({ type: 'pause', reason: 'x', since }),
  () => ({ type: 'resume' }),
  () => ({ type: 'release', reason: 'retired', revision: rev('a') }),
];
const other = fc.tuple(fc.constantFrom(...others), recent).map(
  ([make, at]): Drawn =>
    (history) =>
      make(pick(requestsIn(history), at), pick(plansIn(history), at)),
);
const drawn = fc.oneof(asks, drafts, other);

const attempt = (history: History, command: PlanCommand): readonly string[] => {
  try {
    return history.decide(command);
  } catch (error) {
    if (isCommandRefused(error)) return [];
    throw error;
  }
};

const histories = fc.array(drawn, { minLength: 10, maxLength: 60, size: 'max' });

describe('any history of a target', () => {
  it('folds to a state that JSON carries', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        for (const command of commands) attempt(history, command(history));
        const state = fold(decider, history.events);
        expect(state).toEqual(history.state);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });

  it('decides nothing on a repeated command', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        for (const make of commands) {
          const command = make(history);
          const decided = attempt(history, command);
          if (decided.length > 0) expect(attempt(history, command)).toEqual([]);
        }
      }),
    );
  });

  it('approves only the plan that answers the newest request', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        for (const command of commands) attempt(history, command(history));
        let open: string | undefined;
        let newest = '';
        for (const event of history.events) {
          if (event.type === 'PlanRequested' && event.position) newest = formatPosition(event.position);
          if (event.type === 'PlanDrafted') {
            open = event.data.plan;
            expect(open).toBe(planFor(newest));
          }
          if (event.type === 'PlanApproved') expect(event.data.plan).toBe(open);
          else if (event.type !== 'PlanHeld' && event.type !== 'PlanDrafted') open = undefined;
        }
      }),
    );
  });

  it('folds in any order', () => {
    fc.assert(
      fc.property(histories, fc.infiniteStream(fc.nat()), (commands, draws) => {
        const history = new History();
        for (const command of commands) attempt(history, command(history));
        const shuffled = history.events
          .map((event) => [draws.next().value, event] as const)
          .sort(([a], [b]) => a - b)
          .map(([, event]) => event);
        expect(fold(decider, shuffled).status).toBeDefined();
      }),
    );
  });
});

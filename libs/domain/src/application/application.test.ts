import type { ApplicationEvent, ApplicationSpec } from '@syncline/events';
import { fold } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { applicationAggregate } from './application.js';
import { placementOf, targetSpecOf, type ClusterLabels } from './placement.js';
import type { ApplicationCommand, ApplicationState, MemberProgress } from './state.js';

const { decider } = applicationAggregate;
const rev = (digit: string) => digit.repeat(40);

const spec = (more: Partial<ApplicationSpec> = {}): ApplicationSpec => ({
  project: 'default',
  name: 'checkout',
  labels: {},
  source: { repository: 'fleet', path: 'checkout' },
  renderer: 'detect',
  namespace: 'checkout',
  placement: {
    clusters: { matchLabels: { tier: 'production' } },
    overrides: [{ match: { matchLabels: { region: 'eu' } }, substitute: { REGION: 'eu' }, patches: [] }],
  },
  sync: { mode: 'automatic', prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } } },
  health: { timeoutSeconds: 300 },
  ...more,
});

const eu = { tier: 'production', region: 'eu' };
const us = { tier: 'production', region: 'us' };
const fleet: ClusterLabels = { 'prod-us': us, 'prod-eu': eu, staging: { tier: 'staging' } };

type Declare = Extract<ApplicationCommand, { type: 'declare' }>;
const declare = (rollout: string, more: Partial<Declare> = {}): Declare => ({
  type: 'declare',
  repository: 'fleet',
  revision: rev('a'),
  spec: spec(),
  affected: true,
  fleet,
  rollout,
  ...more,
});
const place = (rollout: string, to: ClusterLabels): ApplicationCommand => ({
  type: 'place',
  fleet: to,
  rollout,
});

type DataOf = { [Event in ApplicationEvent as Event['type']]: Event['data'] };

class History {
  readonly events: ApplicationEvent[] = [];
  state: ApplicationState = decider.initial;

  run(...commands: readonly ApplicationCommand[]): this {
    for (const command of commands) this.decide(command);
    return this;
  }

  decide(command: ApplicationCommand): readonly string[] {
    const decided = decider.decide(this.state, command);
    for (const event of decided) this.state = decider.evolve(this.state, event);
    this.events.push(...decided);
    return decided.map(({ type }) => type);
  }

  last<Type extends ApplicationEvent['type']>(type: Type): DataOf[Type] {
    const found = this.events.findLast((event) => event.type === type);
    if (!found) throw new Error(`there is no ${type}`);
    return found.data as DataOf[Type];
  }

  /** What the members of the open wave have come to. */
  progress(of: Readonly<Record<string, MemberProgress>>): ApplicationCommand {
    const rollout = this.state.status === 'declared' ? this.state.rollout : undefined;
    return { type: 'observe', rollout: rollout?.id ?? '', wave: rollout?.wave ?? 0, progress: of };
  }

  completes(): this {
    const clusters = this.last('WaveOpened').clusters;
    return this.run(this.progress(Object.fromEntries(clusters.map((one) => [one, done]))));
  }
}

const done: MemberProgress = { status: 'done' };
const pending: MemberProgress = { status: 'pending' };
const failed: MemberProgress = { status: 'failed', reason: 'image cannot be pulled' };

describe('an application', () => {
  it('is rolled out in one wave to the clusters that its placement chooses', () => {
    const history = new History();
    expect(history.decide(declare('r1'))).toEqual(['ApplicationDeclared', 'RolloutStarted', 'WaveOpened']);
    expect(history.last('WaveOpened')).toMatchObject({ name: 'all', clusters: ['prod-eu', 'prod-us'] });
  });

  it('is left alone by a revision that changes nothing of it', () => {
    const history = new History().run(declare('r1'));
    expect(history.decide(declare('r2', { revision: rev('b'), affected: false }))).toEqual([]);
  });

  it('is rolled out anew where its sources or its declaration changed', () => {
    const history = new History().run(declare('r1')).completes();
    expect(history.decide(declare('r2', { revision: rev('b') }))).toEqual(['RolloutStarted', 'WaveOpened']);
    expect(history.last('RolloutStarted').reason).toBe('revision');
    history.completes();
    const moved = declare('r3', { revision: rev('c'), affected: false, spec: spec({ namespace: 'shop' }) });
    expect(history.decide(moved)).toEqual(['ApplicationRevised', 'RolloutStarted', 'WaveOpened']);
    expect(history.last('RolloutStarted').reason).toBe('declaration');
  });

  it('is revised without a rollout where only its labels changed', () => {
    const history = new History().run(declare('r1'));
    const labelled = declare('r2', { affected: false, spec: spec({ labels: { team: 'payments' } }) });
    expect(history.decide(labelled)).toEqual(['ApplicationRevised']);
  });

  it('supersedes a rollout that is under way', () => {
    const history = new History().run(declare('r1'));
    expect(history.decide(declare('r2', { revision: rev('b') }))).toEqual([
      'RolloutSuperseded',
      'RolloutStarted',
      'WaveOpened',
    ]);
    expect(history.last('RolloutSuperseded')).toMatchObject({ rollout: 'r1', revision: rev('a'), by: 'r2' });
  });

  it('belongs to the repository that declared it first', () => {
    const history = new History().run(declare('r1'));
    const elsewhere = { repository: 'other', revision: rev('b') };
    expect(history.decide(declare('r2', elsewhere))).toEqual([]);
    expect(history.decide({ type: 'retire', ...elsewhere })).toEqual([]);
  });

  it('is retired once, names its clusters, and may be declared again elsewhere', () => {
    const history = new History().run(declare('r1'));
    const retire = { type: 'retire', repository: 'fleet', revision: rev('b') } as const;
    expect(history.decide(retire)).toEqual(['ApplicationRetired']);
    expect(history.last('ApplicationRetired').clusters).toEqual(['prod-eu', 'prod-us']);
    expect(history.decide(retire)).toEqual([]);
    expect(history.decide(declare('r2', { repository: 'other' }))).toEqual([
      'ApplicationDeclared',
      'RolloutStarted',
      'WaveOpened',
    ]);
  });

  it('without a cluster is completed at once, and a cluster that joins gets the revision', () => {
    const history = new History();
    const none = { fleet: {}, revision: rev('b') };
    expect(history.decide(declare('r1', none))).toEqual([
      'ApplicationDeclared',
      'RolloutStarted',
      'RolloutCompleted',
    ]);
    expect(history.decide(place('r2', fleet))).toEqual(['RolloutStarted', 'WaveOpened']);
    expect(history.last('RolloutStarted')).toMatchObject({ revision: rev('b'), reason: 'placement' });
  });
});

describe('a placement that changes', () => {
  const rolledOut = () => new History().run(declare('r1')).completes();

  it('concerns only the cluster that joined', () => {
    const history = rolledOut();
    history.run(place('r2', { ...fleet, 'prod-ap': { tier: 'production', region: 'ap' } }));
    expect(history.last('WaveOpened').clusters).toEqual(['prod-ap']);
    expect(Object.keys(history.last('RolloutStarted').labels)).toEqual(['prod-ap', 'prod-eu', 'prod-us']);
  });

  it('takes over every member of a rollout that is under way', () => {
    const history = new History().run(declare('r1'));
    history.run(place('r2', { ...fleet, 'prod-ap': { tier: 'production', region: 'ap' } }));
    expect(history.last('WaveOpened').clusters).toEqual(['prod-ap', 'prod-eu', 'prod-us']);
    expect(history.last('RolloutSuperseded').rollout).toBe('r1');
  });

  it('releases the cluster that left', () => {
    const history = rolledOut();
    expect(history.decide(place('r2', { 'prod-us': us }))).toEqual(['RolloutStarted', 'RolloutCompleted']);
    expect(history.last('RolloutStarted').released).toEqual(['prod-eu']);
  });

  it('is none where labels changed that no target depends on', () => {
    expect(rolledOut().decide(place('r2', { ...fleet, 'prod-us': { ...us, rack: '7' } }))).toEqual([]);
  });

  it('concerns a member whose override is another now', () => {
    const history = rolledOut();
    history.run(place('r2', { ...fleet, 'prod-us': eu }));
    expect(history.last('WaveOpened').clusters).toEqual(['prod-us']);
  });
});

describe('a rollout', () => {
  const started = () => new History().run(declare('r1'));

  it('is completed when each member is done', () => {
    const history = started();
    expect(history.decide(history.progress({ 'prod-eu': done, 'prod-us': pending }))).toEqual([]);
    expect(history.decide(history.progress({ 'prod-eu': done }))).toEqual([]);
    expect(history.decide(history.progress({ 'prod-eu': done, 'prod-us': done }))).toEqual([
      'WaveCompleted',
      'RolloutCompleted',
    ]);
  });

  it('is halted once by a member that failed, and goes on when it moves again', () => {
    const history = started();
    const bad = history.progress({ 'prod-eu': failed, 'prod-us': done });
    expect(history.decide(bad)).toEqual(['RolloutHalted']);
    expect(history.decide(bad)).toEqual([]);
    expect(history.decide(history.progress({ 'prod-eu': pending, 'prod-us': done }))).toEqual([
      'RolloutResumed',
    ]);
    expect(history.last('RolloutResumed').cluster).toBe('prod-eu');
  });

  it('hears nothing of a rollout before it', () => {
    const history = started();
    const late = history.progress({ 'prod-eu': done, 'prod-us': done });
    history.run(declare('r2', { revision: rev('b') }));
    expect(history.decide(late)).toEqual([]);
  });
});

describe('placement', () => {
  it('takes overrides in their order, the later over the earlier', () => {
    const overrides = [
      { match: { matchLabels: {} }, substitute: { REGION: 'any', SIZE: '1' }, patches: [{ patch: 'a' }] },
      { match: { matchLabels: { region: 'eu' } }, substitute: { REGION: 'eu' }, patches: [{ patch: 'b' }] },
    ];
    const target = targetSpecOf(spec({ placement: { clusters: { matchLabels: {} }, overrides } }), eu);
    expect(target).toMatchObject({
      substitute: { REGION: 'eu', SIZE: '1' },
      patches: [{ patch: 'a' }, { patch: 'b' }],
    });
  });

  it('is the same whatever the order of the fleet', () => {
    const reversed = Object.fromEntries(Object.entries(fleet).reverse());
    expect(JSON.stringify(placementOf(spec(), fleet))).toBe(JSON.stringify(placementOf(spec(), reversed)));
  });
});

const clusters = ['prod-eu', 'prod-us', 'prod-ap'];
const fleets = fc.dictionary(fc.constantFrom(...clusters), fc.constantFrom(eu, us, { tier: 'staging' }));
const someProgress = fc.dictionary(fc.constantFrom(...clusters), fc.constantFrom(done, pending, failed));
const repository = fc.constantFrom('fleet', 'other');
const revision = fc.constantFrom(rev('a'), rev('b'));
/** Commands that name rollouts by their place in the history, as the reactions name them by their cause. */
const drawn: fc.Arbitrary<(index: number, history: History) => ApplicationCommand> = fc.oneof(
  fc
    .record({
      repository,
      revision,
      affected: fc.boolean(),
      fleet: fleets,
      namespace: fc.constantFrom('a', 'b'),
    })
    .map(
      ({ namespace, repository: owner, ...one }) =>
        (index: number) =>
          declare(`r${index}`, {
            ...one,
            repository: owner,
            spec: spec({ namespace, source: { repository: owner, path: 'checkout' } }),
          }),
    ),
  fc.record({ type: fc.constant('retire' as const), repository, revision }).map((one) => () => one),
  fleets.map((to) => (index: number) => place(`r${index}`, to)),
  fc
    .constantFrom('pause' as const, 'resume' as const)
    .map(
      (type) => (index: number, history: History) =>
        history.state.status === 'declared'
          ? { type, by: 'person:1', reason: 'x' }
          : place(`r${index}`, fleet),
    ),
  someProgress.map((of) => (_: number, history: History) => history.progress(of)),
);

describe('any history of an application', () => {
  const histories = fc.array(drawn, { maxLength: 40 });

  it('folds to a state that JSON carries', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        commands.forEach((command, index) => history.run(command(index, history)));
        expect(fold(decider, history.events)).toEqual(history.state);
        expect(JSON.parse(JSON.stringify(history.state))).toEqual(history.state);
      }),
    );
  });

  it('decides nothing on a repeated command', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        commands.forEach((make, index) => {
          const command = make(index, history);
          history.run(command);
          expect(history.decide(command)).toEqual([]);
        });
      }),
    );
  });

  it('ends each rollout before the next begins', () => {
    fc.assert(
      fc.property(histories, (commands) => {
        const history = new History();
        commands.forEach((command, index) => history.run(command(index, history)));
        let open: string | undefined;
        for (const { type, data } of history.events) {
          if (type === 'RolloutStarted') {
            expect(open).toBeUndefined();
            open = data.rollout;
          }
          const ends =
            type === 'RolloutCompleted' || type === 'RolloutSuperseded' || type === 'ApplicationRetired';
          if (ends) open = undefined;
        }
      }),
    );
  });
});

import type { RepositoryEvent } from '@syncline/events';
import { fold } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { repositoryAggregate } from './repository.js';
import type { Detected, RepositoryCommand, RepositoryData, RepositoryState } from './state.js';

const { decider } = repositoryAggregate;
const at = '2026-01-01T10:00:00Z';
const later = '2026-01-01T10:05:00Z';
const oid = (n: number): string => n.toString(16).padStart(40, '0');
const blob = (n: number) => ({ digest: n.toString(16).padStart(64, '0'), size: n, mediaType: 'x/y' });
const credential = blob(1);
const hostKeys = [{ type: 'ssh-ed25519', key: 'AAAA' }];

const registration = (more: Partial<RepositoryData<'RepositoryRegistered'>> = {}) => ({
  repository: 'fleet',
  url: 'https://example.com/fleet.git',
  ref: { kind: 'branch' as const, name: 'main' },
  paths: ['applications'],
  include: [],
  pollSeconds: 30,
  ...more,
});

const detected = (revision: number, more: Partial<Detected> = {}): Detected => ({
  revision: oid(revision),
  tree: oid(1000 + revision),
  parents: [],
  author: { person: 'p', at },
  committer: { person: 'p', at },
  message: 'change',
  forced: false,
  saidReverts: [],
  pack: blob(revision),
  ...more,
});

const register = (more: Partial<RepositoryData<'RepositoryRegistered'>> = {}): RepositoryCommand => ({
  type: 'register',
  data: registration(more),
});
const detect = (revision: number, more: Partial<Detected> = {}): RepositoryCommand => ({
  type: 'detect',
  detected: detected(revision, more),
  at: later,
});
const fail = (failure: 'gone' | 'slow' = 'gone'): RepositoryCommand => ({
  type: 'fail',
  class: failure,
  reason: 'There is none.',
  at,
});

const given = (...commands: readonly RepositoryCommand[]): RepositoryState =>
  commands.reduce((state, command) => fold(decider, decider.decide(state, command), state), decider.initial);
const typesOf = (events: readonly RepositoryEvent[]): string[] => events.map(({ type }) => type);

const onTop = (revision: number, below: number, more: Partial<Detected> = {}): RepositoryCommand =>
  detect(revision, { previous: oid(below), base: oid(below), ...more });

describe('an unregistered repository', () => {
  test('is registered', () => {
    expect(decider.decide(given(), register())).toEqual([
      { type: 'RepositoryRegistered', data: registration() },
    ]);
  });

  test('refuses what is seen of it', () => {
    for (const command of [detect(1), fail(), { type: 'reach', at } as const])
      expect(() => decider.decide(given(), command)).toThrow(/no such repository/);
  });
});

describe('a registration', () => {
  test('that is repeated decides nothing', () => {
    expect(decider.decide(given(register({ credential })), register({ credential }))).toEqual([]);
    expect(decider.decide(given(register({ credential })), register())).toEqual([]);
  });

  test('keeps its credential on the same server', () => {
    const [event] = decider.decide(
      given(register({ credential })),
      register({ url: 'https://example.com/b.git' }),
    );
    expect(event).toMatchObject({ data: { credential } });
  });

  test.each(['https://example.org/fleet.git', 'file:///srv/fleet.git', 'https://example.com:8443/fleet.git'])(
    'does not hand its credential to another server, %s',
    (url) => {
      const [event] = decider.decide(given(register({ credential })), register({ url }));
      expect(event?.data).not.toHaveProperty('credential');
    },
  );

  test.each(['git@example.com:b.git', 'ssh://git@example.com/b.git'])(
    'keeps credential and host keys at the same SSH host, %s',
    (url) => {
      const before = register({ url: 'git@example.com:a.git', credential, hostKeys });
      const [event] = decider.decide(given(before), register({ url }));
      expect(event).toMatchObject({ data: { credential, hostKeys } });
      const [elsewhere] = decider.decide(given(before), register({ url: 'git@example.org:a.git' }));
      expect(elsewhere?.data).not.toHaveProperty('credential');
      expect(elsewhere?.data).not.toHaveProperty('hostKeys');
    },
  );

  test('of another ref or address leaves no base for the next pack', () => {
    const state = given(register(), detect(1), register({ ref: { kind: 'branch', name: 'release' } }));
    expect(state).not.toHaveProperty('base');
    expect(decider.decide(state, onTop(2, 1))).toEqual([]);
    expect(typesOf(decider.decide(state, detect(2, { previous: oid(1) })))).toEqual(['RevisionDetected']);
    expect(given(register(), detect(1), register({ paths: [] }))).toHaveProperty('base', oid(1));
  });
});

describe('a revision', () => {
  test('is detected once', () => {
    expect(typesOf(decider.decide(given(register()), detect(1)))).toEqual(['RevisionDetected']);
    expect(decider.decide(given(register(), detect(1)), detect(1))).toEqual([]);
  });

  test('that was compared with another than the last one decides nothing', () => {
    const state = given(register(), detect(1), onTop(2, 1));
    expect(decider.decide(state, onTop(3, 1))).toEqual([]);
  });

  test('is detected again when the ref comes back to it', () => {
    const state = given(register(), detect(1), onTop(2, 1));
    expect(typesOf(decider.decide(state, onTop(1, 2, { forced: true })))).toEqual(['RevisionDetected']);
  });

  test('takes back what its messages say, and what came since the tree it has again', () => {
    const state = given(register(), detect(1), onTop(2, 1), onTop(3, 2));
    const [event] = decider.decide(state, onTop(4, 3, { tree: oid(1001), saidReverts: [oid(3)] }));
    expect(event).toMatchObject({ data: { reverts: [oid(3), oid(2)] } });
  });

  test('that has the tree of the one before takes nothing back', () => {
    const [event] = decider.decide(given(register(), detect(1)), onTop(2, 1, { tree: oid(1001) }));
    expect(event).toMatchObject({ data: { reverts: [] } });
  });
});

const refuse = (revision: number, previous?: number): RepositoryCommand => ({
  type: 'refuse',
  refused: {
    revision: oid(revision),
    author: { person: 'p', at },
    message: 'change',
    class: 'unsigned',
    reason: 'It is not signed.',
    ...(previous !== undefined && { previous: oid(previous) }),
  },
  at,
});

describe('a revision that is not signed as it has to be', () => {
  test('is refused once, and never one of those that were seen', () => {
    const state = given(register(), detect(1), refuse(2, 1));
    expect(typesOf(decider.decide(given(register(), detect(1)), refuse(2, 1)))).toEqual(['RevisionRefused']);
    expect(decider.decide(state, refuse(2, 1))).toEqual([]);
    expect(state).toMatchObject({ seen: [{ revision: oid(1) }], base: oid(1) });
    expect(typesOf(decider.decide(state, refuse(3, 1)))).toEqual(['RevisionRefused']);
  });

  test('that was compared with another than the last one decides nothing', () => {
    expect(decider.decide(given(register(), detect(1), onTop(2, 1)), refuse(3, 1))).toEqual([]);
  });

  test('is over when a signed one comes, or the ref comes back', () => {
    const state = given(register(), detect(1), refuse(2, 1));
    expect(typesOf(decider.decide(state, onTop(3, 1)))).toEqual(['FetchRecovered', 'RevisionDetected']);
    expect(typesOf(decider.decide(state, { type: 'reach', at }))).toEqual(['FetchRecovered']);
    expect(typesOf(decider.decide(given(register(), refuse(2)), detect(3)))).toEqual([
      'FetchRecovered',
      'RevisionDetected',
    ]);
  });

  test('is said again after an outage, and after another registration', () => {
    const state = given(register(), detect(1), refuse(2, 1), fail());
    expect(typesOf(decider.decide(state, refuse(2, 1)))).toEqual(['RevisionRefused']);
    const again = given(register(), detect(1), refuse(2, 1), register({ pollSeconds: 10 }));
    expect(typesOf(decider.decide(again, refuse(2, 1)))).toEqual(['RevisionRefused']);
  });

  test('stays refused under a registration that says nothing of signers, until unsigned ones are allowed', () => {
    const signers = { keyring: blob(9) };
    const state = given(register({ signers }));
    expect(decider.decide(state, register())).toEqual([]);
    const [event] = decider.decide(state, { ...register(), allowsUnsigned: true } as RepositoryCommand);
    expect(event?.data).not.toHaveProperty('signers');
  });
});

describe('the keys of a host', () => {
  test('are trusted once, in place of those before', () => {
    const trust = { type: 'trust', hostKeys } as const;
    const state = given(register({ hostKeys: [{ type: 'ssh-rsa', key: 'BBBB' }] }), trust);
    expect(state).toMatchObject({ registration: { hostKeys } });
    expect(decider.decide(state, trust)).toEqual([]);
    expect(decider.decide(state, register())).toEqual([]);
  });

  test('that are trusted let every failure be said anew', () => {
    const state = given(register(), fail(), { type: 'trust', hostKeys });
    expect(typesOf(decider.decide(state, fail()))).toEqual(['FetchFailed']);
  });
});

describe('the submodules of a revision', () => {
  const at1 = { path: 'vendor/lib', revision: oid(90) };

  test('come along with its base until it is another, or none', () => {
    const missing = { path: 'docs', revision: oid(91), problem: 'It lies elsewhere.' };
    const state = given(register(), detect(1, { submodules: [at1, missing] }));
    expect(state).toMatchObject({ carried: [oid(90)] });
    expect(
      given(register(), detect(1, { submodules: [at1] }), fail(), register({ paths: [] })),
    ).toMatchObject({
      carried: [oid(90)],
    });
    expect(given(register(), detect(1, { submodules: [at1] }), onTop(2, 1))).not.toHaveProperty('carried');
    const elsewhere = register({ url: 'https://example.com/other.git' });
    expect(given(register(), detect(1, { submodules: [at1] }), elsewhere)).not.toHaveProperty('carried');
  });
});

describe('a failure', () => {
  test('is said once for each class in an outage', () => {
    const state = given(register(), fail());
    expect(decider.decide(state, fail())).toEqual([]);
    expect(typesOf(decider.decide(state, fail('slow')))).toEqual(['FetchFailed']);
    expect(decider.decide(given(register(), fail(), fail('slow')), fail())).toEqual([]);
  });

  test('is over when the remote answers, and can be said again', () => {
    const state = given(register(), fail());
    expect(typesOf(decider.decide(state, { type: 'reach', at: later }))).toEqual(['FetchRecovered']);
    expect(typesOf(decider.decide(state, detect(1)))).toEqual(['FetchRecovered', 'RevisionDetected']);
    const recovered = given(register(), fail(), { type: 'reach', at: later });
    expect(decider.decide(recovered, { type: 'reach', at: later })).toEqual([]);
    expect(typesOf(decider.decide(recovered, fail()))).toEqual(['FetchFailed']);
  });

  test('is said anew after another registration', () => {
    const state = given(register(), fail(), register({ pollSeconds: 10 }));
    expect(typesOf(decider.decide(state, fail()))).toEqual(['FetchFailed']);
  });
});

const commands: fc.Arbitrary<RepositoryCommand> = fc.oneof(
  fc.constantFrom('main', 'release').map((name) => register({ ref: { kind: 'branch', name } })),
  fc
    .record({ revision: fc.integer({ min: 1, max: 4 }), below: fc.integer({ min: 1, max: 4 }) })
    .map(({ revision, below }) => onTop(revision, below)),
  fc.integer({ min: 1, max: 4 }).map((revision) => detect(revision)),
  fc.constantFrom(fail('gone'), fail('slow'), { type: 'reach', at } as const),
  fc.constantFrom(refuse(5, 1), refuse(6, 2), refuse(7)),
);

describe('any history', () => {
  test('folds, and a command repeated right away decides nothing', () => {
    fc.assert(
      fc.property(fc.array(commands), commands, (history, command) => {
        const state = given(register(), ...history);
        const after = fold(decider, decider.decide(state, command), state);
        expect(decider.decide(after, command)).toEqual([]);
      }),
    );
  });

  test('folds in any order of its events', () => {
    fc.assert(
      fc.property(fc.array(commands), fc.func(fc.integer()), (history, order) => {
        const events: RepositoryEvent[] = [];
        [register(), ...history].reduce((state: RepositoryState, command) => {
          const decided = decider.decide(state, command);
          events.push(...decided);
          return fold(decider, decided, state);
        }, decider.initial);
        const shuffled = events.toSorted((a, b) => order(a) - order(b));
        expect(fold(decider, shuffled).status).toMatch(/registered/);
      }),
    );
  });

  test('never detects the same revision twice in a row', () => {
    fc.assert(
      fc.property(fc.array(commands), (history) => {
        const seen: string[] = [];
        history.reduce((state, command) => {
          const decided = decider.decide(state, command);
          for (const event of decided) if (event.type === 'RevisionDetected') seen.push(event.data.revision);
          return fold(decider, decided, state);
        }, given(register()));
        expect(seen.every((revision, index) => revision !== seen[index - 1])).toBe(true);
      }),
    );
  });
});

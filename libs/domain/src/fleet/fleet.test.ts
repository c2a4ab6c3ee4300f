import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '@syncline/events';
import { CommandRefused, fold } from '@syncline/kernel';

import { fleetAggregate, type FleetCommand } from './fleet.js';

const { decider } = fleetAggregate;
const credential = (digit: string) => ({ digest: digit.repeat(64), size: 1, mediaType: 'application/age' });
const registration = {
  cluster: 'prod-eu',
  labels: { tier: 'production' },
  applier: 'hub',
  recipient: 'age1x',
};
const registered: FleetEvent = {
  type: 'ClusterRegistered',
  data: { ...registration, credential: credential('a') },
};
const removed: FleetEvent = { type: 'ClusterRemoved', data: { cluster: 'prod-eu' } };

const when = (history: readonly FleetEvent[], command: FleetCommand) =>
  decider.decide(fold(decider, history), command);

describe('a cluster', () => {
  it('becomes a member when it is registered', () => {
    expect(when([], { type: 'register', data: registration })).toEqual([
      { type: 'ClusterRegistered', data: registration },
    ]);
  });

  it('keeps its credential when it is registered again without one', () => {
    expect(when([registered], { type: 'register', data: registration })).toEqual([]);
  });

  it('is only relabelled when nothing but its labels changed', () => {
    const data = { ...registration, labels: { tier: 'test' } };
    expect(when([registered], { type: 'register', data })).toEqual([
      { type: 'ClusterRelabelled', data: { cluster: 'prod-eu', labels: { tier: 'test' } } },
    ]);
  });

  it('is registered anew with a new credential or another applier', () => {
    const rotated = { ...registration, credential: credential('b') };
    expect(when([registered], { type: 'register', data: rotated })).toEqual([
      { type: 'ClusterRegistered', data: rotated },
    ]);
    const [moved] = when([registered], { type: 'register', data: { ...registration, applier: 'edge' } });
    expect(moved).toMatchObject({ type: 'ClusterRegistered', data: { applier: 'edge' } });
  });

  it('forgets its credential when an agent takes over', () => {
    const agent = { account: 'A1', userKey: 'U1' };
    const data = { ...registration, applier: 'agent-prod-eu', agent };
    expect(when([registered], { type: 'register', data })).toEqual([{ type: 'ClusterRegistered', data }]);
    expect(when([{ type: 'ClusterRegistered', data }], { type: 'register', data })).toEqual([]);
  });

  it('leaves once, and may come back', () => {
    const remove: FleetCommand = { type: 'remove', data: { cluster: 'prod-eu' } };
    expect(when([registered], remove)).toEqual([removed]);
    expect(when([registered, removed], remove)).toEqual([]);
    expect(when([registered, removed], { type: 'register', data: registration })).toHaveLength(1);
  });

  it('that never was cannot leave or be relabelled', () => {
    const unknown = expect.objectContaining({ code: 'cluster-unknown' }) as unknown;
    expect(() => when([], { type: 'remove', data: { cluster: 'prod-eu' } })).toThrow(unknown);
    const relabel: FleetCommand = { type: 'relabel', data: { cluster: 'prod-eu', labels: {} } };
    expect(() => when([removed], relabel)).toThrow(unknown);
  });
});

const labels = fc.dictionary(fc.constantFrom('tier', 'region'), fc.constantFrom('a', 'b'));
const command: fc.Arbitrary<FleetCommand> = fc.oneof(
  fc
    .record({ labels, applier: fc.constantFrom('hub', 'edge'), digit: fc.constantFrom('a', 'b', undefined) })
    .map(({ digit, ...rest }): FleetCommand => ({
      type: 'register',
      data: { ...registration, ...rest, ...(digit !== undefined && { credential: credential(digit) }) },
    })),
  labels.map((all): FleetCommand => ({ type: 'relabel', data: { cluster: 'prod-eu', labels: all } })),
  fc.constant<FleetCommand>({ type: 'remove', data: { cluster: 'prod-eu' } }),
);

describe('the fleet', () => {
  it('decides nothing when a command is repeated', () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 20 }), (commands) => {
        let state = decider.initial;
        for (const one of commands) {
          try {
            state = fold(decider, decider.decide(state, one), state);
          } catch (error) {
            expect(error).toBeInstanceOf(CommandRefused);
            continue;
          }
          expect(decider.decide(state, one)).toEqual([]);
        }
      }),
    );
  });

  it('folds any history', () => {
    const event = fc.constantFrom<FleetEvent>(registered, removed, {
      type: 'ClusterRelabelled',
      data: { cluster: 'prod-eu', labels: {} },
    });
    fc.assert(
      fc.property(fc.array(event), (history) => {
        expect(['absent', 'member', 'removed']).toContain(fold(decider, history).status);
      }),
    );
  });
});

describe('the agent of a cluster', () => {
  const since = '2026-05-04T14:30:52Z';
  const data = { ...registration, agent: { account: 'A1', userKey: 'U1' } };
  const joined: FleetEvent = { type: 'ClusterRegistered', data };
  const lost: FleetEvent = { type: 'AgentLost', data: { cluster: 'prod-eu', since, reason: 'silent' } };
  const returned: FleetEvent = { type: 'AgentReturned', data: { cluster: 'prod-eu', lostSince: since } };
  const lose: FleetCommand = { type: 'lose-agent', data: lost.data };
  const comeBack: FleetCommand = { type: 'return-agent', cluster: 'prod-eu' };

  it('is lost once, and returns once', () => {
    expect(when([joined], lose)).toEqual([lost]);
    expect(when([joined, lost], lose)).toEqual([]);
    expect(when([joined, lost], comeBack)).toEqual([returned]);
    expect(when([joined, lost, returned], comeBack)).toEqual([]);
    expect(when([joined, lost, returned], lose)).toEqual([lost]);
  });

  it('cannot be lost where there is none, and is a new one after another registration', () => {
    expect(when([], lose)).toEqual([]);
    expect(when([registered], lose)).toEqual([]);
    expect(when([joined, lost, joined], lose)).toEqual([lost]);
  });

  it('stays lost when its cluster is relabelled', () => {
    const relabelled: FleetEvent = { type: 'ClusterRelabelled', data: { cluster: 'prod-eu', labels: {} } };
    expect(when([joined, lost, relabelled], comeBack)).toEqual([returned]);
  });
});

import type { LinkEvent } from '@syncline/events';
import { fold } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { linkAggregate, type LinkCommand, type LinkState } from './link.js';

const { decider } = linkAggregate;
const cluster = 'prod-eu';
const connect = (kubernetesVersion = 'v1.36.3', anew = false): LinkCommand => ({
  type: 'connect',
  data: { cluster, kubernetesVersion },
  anew,
});
const lose: LinkCommand = {
  type: 'lose',
  data: { cluster, class: 'timeout', reason: 'silence', since: '2026-11-24T06:00:00.000Z' },
};
const loseAnew: LinkCommand = { ...lose, anew: true };
const observe = (letter: string): LinkCommand => ({
  type: 'observe-capabilities',
  data: {
    cluster,
    kubernetesVersion: 'v1.36.3',
    resources: { digest: letter.repeat(64), size: 1, mediaType: 'application/json' },
    capabilities: letter.repeat(64),
  },
});
const after = (...commands: readonly LinkCommand[]): LinkState =>
  commands.reduce<LinkState>(
    (state, command) => fold(decider, decider.decide(state, command), state),
    decider.initial,
  );
const typesOf = (events: readonly LinkEvent[]) => events.map(({ type }) => type);

describe('a link', () => {
  test('is said to be lost once, and again by an applier that was away itself', () => {
    expect(decider.decide(after(connect(), lose), lose)).toEqual([]);
    expect(typesOf(decider.decide(after(connect(), lose), loseAnew))).toEqual(['ClusterLost']);
  });

  test('is said to be connected once, and again for another version of the server', () => {
    expect(typesOf(decider.decide(after(), connect()))).toEqual(['ClusterConnected']);
    expect(decider.decide(after(connect()), connect())).toEqual([]);
    expect(typesOf(decider.decide(after(connect()), connect('v1.37.0')))).toEqual(['ClusterConnected']);
  });

  test('is said again by an applier that was away itself', () => {
    expect(typesOf(decider.decide(after(connect()), connect('v1.36.3', true)))).toEqual(['ClusterConnected']);
  });

  test('is said to be lost once, and to be back once', () => {
    expect(typesOf(decider.decide(after(connect()), lose))).toEqual(['ClusterLost']);
    expect(decider.decide(after(connect(), lose), lose)).toEqual([]);
    expect(typesOf(decider.decide(after(connect(), lose), connect()))).toEqual(['ClusterConnected']);
  });

  test('remembers what the server serves while it is lost', () => {
    expect(decider.decide(after(observe('a'), lose, connect()), observe('a'))).toEqual([]);
    expect(typesOf(decider.decide(after(observe('a')), observe('b')))).toEqual(['CapabilitiesObserved']);
  });

  test('decides nothing when a command is repeated, after any history', () => {
    const command = fc.constantFrom(connect(), connect('v1.37.0'), lose, observe('a'), observe('b'));
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 20 }), (commands) => {
        expect(decider.decide(after(...commands), commands.at(-1)!)).toEqual([]);
      }),
    );
  });
});

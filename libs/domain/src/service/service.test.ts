import type { ServiceEvent } from '@syncline/events';
import { fold, isCommandRefused } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { serviceAggregate, type ServiceCommand, type ServiceState } from './service.js';

const { decider } = serviceAggregate;
const subject = 'ev.plan.prod-eu.default.checkout';
const start = (run: string): ServiceCommand => ({
  type: 'start',
  data: { service: 'planner', run, version: '0.1.0', configuration: 'c'.repeat(64) },
});
const seal = (name: string, letter: string): ServiceCommand => ({
  type: 'seal',
  data: {
    service: 'git-watcher',
    name,
    credential: { digest: letter.repeat(64), size: 1, mediaType: 'application/octet-stream' },
  },
});
const park = (reaction: string): ServiceCommand => ({
  type: 'park',
  data: { service: 'planner', reaction, subject, position: '7.0', attempts: 5, reason: 'it cannot be read' },
});
const resume = (reaction: string): ServiceCommand => ({
  type: 'resume',
  key: `${reaction}|${subject}`,
  service: 'planner',
});

const attempt = (state: ServiceState, command: ServiceCommand): readonly ServiceEvent[] => {
  try {
    return decider.decide(state, command);
  } catch (error) {
    if (isCommandRefused(error)) return [];
    throw error;
  }
};
const after = (...commands: readonly ServiceCommand[]): ServiceState =>
  commands.reduce<ServiceState>(
    (state, command) => fold(decider, attempt(state, command), state),
    decider.initial,
  );
const typesOf = (events: readonly ServiceEvent[]) => events.map(({ type }) => type);

describe('a service', () => {
  it('starts once per process', () => {
    expect(typesOf(decider.decide(after(), start('one')))).toEqual(['ServiceStarted']);
    expect(decider.decide(after(start('one')), start('one'))).toEqual([]);
    expect(typesOf(decider.decide(after(start('one')), start('two')))).toEqual(['ServiceStarted']);
  });

  it('is told of a credential once, and again of another one of the same name', () => {
    expect(decider.decide(after(seal('fleet', 'a')), seal('fleet', 'a'))).toEqual([]);
    expect(typesOf(decider.decide(after(seal('fleet', 'a')), seal('fleet', 'b')))).toEqual([
      'CredentialSealed',
    ]);
  });

  it('goes on with a parked subject where it stopped, and only while it is parked', () => {
    expect(decider.decide(after(park('planning')), resume('planning'))).toEqual([
      {
        type: 'SubjectResumed',
        data: { service: 'planner', reaction: 'planning', subject, position: '7.0' },
      },
    ]);
    expect(() => decider.decide(after(park('planning')), resume('targets'))).toThrow(/is not parked/);
    expect(() => decider.decide(after(park('planning'), resume('planning')), resume('planning'))).toThrow(
      /is not parked/,
    );
  });
});

const commands = fc.array(
  fc.oneof(
    fc.constantFrom('one', 'two').map(start),
    fc.tuple(fc.constantFrom('fleet', 'infra'), fc.constantFrom('a', 'b')).map(([n, l]) => seal(n, l)),
    fc.constantFrom('planning', 'targets').map(park),
    fc.constantFrom('planning', 'targets').map(resume),
  ),
  { minLength: 1, maxLength: 30 },
);

describe('any history of a service', () => {
  it('folds to a state that JSON carries', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const state = after(...all);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });

  it('decides nothing on a repeated command', () => {
    fc.assert(
      fc.property(commands, (all) => {
        expect(attempt(after(...all), all.at(-1)!)).toEqual([]);
      }),
    );
  });
});

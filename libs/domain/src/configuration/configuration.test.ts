import type { ConfigurationEvent } from '@syncline/events';
import { fold } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { configurationAggregate, type ConfigurationCommand } from './configuration.js';

const { decider } = configurationAggregate;
const rev = (digit: string) => digit.repeat(40);
const document = (digit: string) => ({ digest: digit.repeat(64), size: 1, mediaType: 'application/json' });

const accept = (revision: string, configuration = document('1')): ConfigurationCommand => ({
  type: 'accept',
  data: { repository: 'fleet', revision, configuration, applications: 1, affected: 1 },
});
const reject = (revision: string): ConfigurationCommand => ({
  type: 'reject',
  data: {
    repository: 'fleet',
    revision,
    errors: [{ file: 'apps/a.yaml', line: 3, reason: 'no such field' }],
    errorCount: 1,
  },
});

const run = (...commands: readonly ConfigurationCommand[]): readonly ConfigurationEvent[] => {
  const events: ConfigurationEvent[] = [];
  for (const command of commands) events.push(...decider.decide(fold(decider, events), command));
  return events;
};
const types = (...commands: readonly ConfigurationCommand[]) => run(...commands).map(({ type }) => type);

describe('the configuration of a repository', () => {
  it('is accepted once for a revision and what it declares', () => {
    expect(types(accept(rev('a')), accept(rev('a')))).toEqual(['ConfigurationAccepted']);
    expect(types(accept(rev('a')), accept(rev('a'), document('2')))).toHaveLength(2);
  });

  it('is accepted again when a ref goes back to a revision', () => {
    expect(types(accept(rev('a')), accept(rev('b')), accept(rev('a')))).toHaveLength(3);
  });

  it('stays in force while later revisions are rejected', () => {
    const state = fold(decider, run(accept(rev('a')), reject(rev('b')), reject(rev('c'))));
    expect(state).toMatchObject({ status: 'rejected', revision: rev('c'), inForce: { revision: rev('a') } });
  });

  it('is rejected once for a revision', () => {
    expect(types(reject(rev('a')), reject(rev('a')))).toEqual(['ConfigurationRejected']);
  });

  it('folds, and decides nothing on a repeated command, whatever came before', () => {
    const revision = fc.constantFrom(rev('a'), rev('b'));
    const command = fc.oneof(
      revision.map((one) => accept(one)),
      revision.map(reject),
    );
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 30 }), (commands) => {
        const events = run(...commands);
        expect(run(...commands, commands.at(-1)!)).toEqual(events);
        const state = fold(decider, events);
        expect(JSON.parse(JSON.stringify(state))).toEqual(state);
      }),
    );
  });
});

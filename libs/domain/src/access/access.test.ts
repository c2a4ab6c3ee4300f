import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@syncline/events';
import { CommandRefused, fold } from '@syncline/kernel';

import { accessAggregate, type AccessCommand } from './access.js';

const { decider } = accessAggregate;
const token = { token: 't-1', name: 'ci', role: 'operator', hash: 'a'.repeat(64) } as const;
const issued: AccessEvent = { type: 'TokenIssued', data: token };
const denial = (total: number): AccessCommand => ({
  type: 'deny', operation: 'POST /v1/clusters', reason: 'the role', total,
}); // prettier-ignore

const when = (history: readonly AccessEvent[], command: AccessCommand) =>
  decider.decide(fold(decider, history), command);
const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof CommandRefused ? error.code : 'bug';
  }
};

describe('a token', () => {
  it('is issued once', () => {
    expect(when([], { type: 'issue', data: token })).toEqual([issued]);
    expect(when([issued], { type: 'issue', data: token })).toEqual([]);
  });

  it('does not give its id to another', () => {
    const other = { ...token, hash: 'b'.repeat(64) };
    expect(codeOf(() => when([issued], { type: 'issue', data: other }))).toBe('token-exists');
  });

  it('is revoked once, and stays so when it is issued again', () => {
    const revoked: AccessEvent = { type: 'TokenRevoked', data: { token: 't-1' } };
    expect(when([issued], { type: 'revoke', token: 't-1' })).toEqual([revoked]);
    expect(when([issued, revoked], { type: 'revoke', token: 't-1' })).toEqual([]);
    expect(when([issued, revoked], { type: 'issue', data: token })).toEqual([]);
    expect(codeOf(() => when([], { type: 'revoke', token: 't-1' }))).toBe('token-unknown');
  });
});

describe('a denial', () => {
  it('says how many are new since the last one said', () => {
    const [first] = when([], denial(1));
    expect(first).toMatchObject({ type: 'AccessDenied', data: { count: 1 } });
    expect(when([first!], denial(5))).toMatchObject([{ data: { count: 4 } }]);
    expect(when([first!], denial(1))).toEqual([]);
  });
});

describe('access', () => {
  const command: fc.Arbitrary<AccessCommand> = fc.oneof(
    fc
      .constantFrom('a', 'b')
      .map((digit): AccessCommand => ({ type: 'issue', data: { ...token, hash: digit.repeat(64) } })),
    fc.constantFrom('t-1', 't-2').map((id): AccessCommand => ({ type: 'revoke', token: id })),
    fc.integer({ min: 0, max: 9 }).map(denial),
  );

  it('decides nothing when a command is repeated', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
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
});

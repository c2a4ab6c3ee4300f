import type { AccessEvent } from '@syncline/events';
import { CommandRefused, type Aggregate, type Decider } from '@syncline/kernel';

type Data<Type extends AccessEvent['type']> = Extract<AccessEvent, { type: Type }>['data'];

/** What an actor may do: everything, decide and retry, or look. */
export type Role = Data<'TokenIssued'>['role'];

/** The tokens of one actor by id, and how often each operation was denied to it. */
export type AccessState = {
  readonly tokens: Readonly<Record<string, Data<'TokenIssued'> & { readonly revoked: boolean }>>;
  readonly denied: Readonly<Record<string, number>>;
};

/** `deny` carries the total of denials of the operation so far, so that the event says how many are new. */
export type AccessCommand =
  | { readonly type: 'issue'; readonly data: Data<'TokenIssued'> }
  | { readonly type: 'revoke'; readonly token: string }
  | { readonly type: 'deny'; readonly operation: string; readonly reason: string; readonly total: number };

const issue = (state: AccessState, data: Data<'TokenIssued'>): readonly AccessEvent[] => {
  const known = state.tokens[data.token];
  if (!known) return [{ type: 'TokenIssued', data }];
  if (known.hash === data.hash) return [];
  throw new CommandRefused('token-exists', `There already is a token ${data.token}. Choose another id.`);
};

const revoke = (state: AccessState, token: string): readonly AccessEvent[] => {
  const known = state.tokens[token];
  if (!known) {
    throw new CommandRefused(
      'token-unknown',
      `There is no token ${token}. syncline token list shows those that were issued.`,
    );
  }
  return known.revoked ? [] : [{ type: 'TokenRevoked', data: { token } }];
};

const decide = (state: AccessState, command: AccessCommand): readonly AccessEvent[] => {
  switch (command.type) {
    case 'issue':
      return issue(state, command.data);
    case 'revoke':
      return revoke(state, command.token);
    case 'deny': {
      const { operation, reason, total } = command;
      const count = total - (state.denied[operation] ?? 0);
      return count > 0 ? [{ type: 'AccessDenied', data: { operation, reason, count } }] : [];
    }
    default:
      return command satisfies never;
  }
};

const evolve = (state: AccessState, event: AccessEvent): AccessState => {
  switch (event.type) {
    case 'TokenIssued':
      return { ...state, tokens: { ...state.tokens, [event.data.token]: { ...event.data, revoked: false } } };
    case 'TokenRevoked': {
      const known = state.tokens[event.data.token];
      return known
        ? { ...state, tokens: { ...state.tokens, [event.data.token]: { ...known, revoked: true } } }
        : state;
    }
    case 'AccessDenied': {
      const { operation, count } = event.data;
      return {
        ...state,
        denied: { ...state.denied, [operation]: (state.denied[operation] ?? 0) + count },
      };
    }
    default:
      return event satisfies never;
  }
};

const decider: Decider<AccessState, AccessCommand, AccessEvent> = {
  initial: { tokens: {}, denied: {} },
  decide,
  evolve,
};

/** `ev.access.<actor>`: the tokens by which an actor proves who it is, and what it was denied. */
export const accessAggregate: Aggregate<AccessState, AccessCommand, AccessEvent> = {
  name: 'access',
  version: 1,
  decider,
};

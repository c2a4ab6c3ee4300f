import type { RepositoryEvent } from '@syncline/events';
import { canonicalJson, CommandRefused, type Aggregate, type Decider } from '@syncline/kernel';

import { evolve } from './evolve.js';
import { revertedBy } from './reverts.js';
import {
  lastRevision,
  serverOf,
  type Registered,
  type RepositoryCommand,
  type RepositoryState,
} from './state.js';

type Command<Type extends RepositoryCommand['type']> = Extract<RepositoryCommand, { type: Type }>;

const isEqual = (a: unknown, b: unknown): boolean => canonicalJson(a) === canonicalJson(b);

const register = (
  state: RepositoryState,
  { data: wanted, allowsUnsigned = false }: Command<'register'>,
): readonly RepositoryEvent[] => {
  if (state.status === 'unregistered') return [{ type: 'RepositoryRegistered', data: wanted }];
  const { registration } = state;
  const isSameServer = serverOf(wanted.url) === serverOf(registration.url);
  const kept = isSameServer ? registration : undefined;
  const credential = wanted.credential ?? kept?.credential;
  const hostKeys = wanted.hostKeys ?? kept?.hostKeys;
  const signers = wanted.signers ?? (allowsUnsigned ? undefined : registration.signers);
  const next = {
    ...wanted,
    ...(credential && { credential }),
    ...(hostKeys && { hostKeys }),
    ...(signers && { signers }),
  };
  return isEqual(next, registration) ? [] : [{ type: 'RepositoryRegistered', data: next }];
};

const trust = (state: Registered, { hostKeys }: Command<'trust'>): readonly RepositoryEvent[] => {
  const { registration } = state;
  const data = { repository: registration.repository, hostKeys: [...hostKeys] };
  return isEqual(registration.hostKeys ?? [], hostKeys) ? [] : [{ type: 'HostKeysTrusted', data }];
};

const recovered = (state: Registered, at: string): readonly RepositoryEvent[] =>
  state.outage
    ? [{ type: 'FetchRecovered', data: { repository: state.registration.repository, since: at } }]
    : [];

/** A poll whose revision was compared with another than the last one is out of date; the next one sees it anew. */
const detect = (state: Registered, { detected, at }: Command<'detect'>): readonly RepositoryEvent[] => {
  const { saidReverts, ...found } = detected;
  const last = lastRevision(state);
  if (found.revision === last) return recovered(state, at);
  if (found.previous !== last || (found.base !== undefined && found.base !== state.base)) return [];
  const { repository, ref } = state.registration;
  const reverts = revertedBy(state.seen, found.tree, saidReverts);
  return [
    ...recovered(state, at),
    { type: 'RevisionDetected', data: { repository, ref, ...found, reverts } },
  ];
};

/** Said once for each revision, as long as nothing else is said of the ref in between. */
const refuse = (state: Registered, { refused, at }: Command<'refuse'>): readonly RepositoryEvent[] => {
  const { previous, ...found } = refused;
  if (previous !== lastRevision(state) || found.revision === state.refused) return [];
  const { repository, ref } = state.registration;
  return [{ type: 'RevisionRefused', data: { repository, ref, ...found, since: at } }];
};

/** Each class of failure is said once in an outage, not once per attempt. */
const fail = (state: Registered, command: Command<'fail'>): readonly RepositoryEvent[] => {
  const { class: failure, reason, at } = command;
  if (state.outage?.said.includes(failure)) return [];
  const { repository } = state.registration;
  return [{ type: 'FetchFailed', data: { repository, class: failure, reason, since: at } }];
};

const decide = (state: RepositoryState, command: RepositoryCommand): readonly RepositoryEvent[] => {
  if (command.type === 'register') return register(state, command);
  if (state.status === 'unregistered') {
    throw new CommandRefused(
      'repository-unknown',
      'There is no such repository. syncline repo list shows those that are registered.',
    );
  }
  switch (command.type) {
    case 'trust':
      return trust(state, command);
    case 'detect':
      return detect(state, command);
    case 'refuse':
      return refuse(state, command);
    case 'reach':
      return recovered(state, command.at);
    case 'fail':
      return fail(state, command);
    default:
      return command satisfies never;
  }
};

const decider: Decider<RepositoryState, RepositoryCommand, RepositoryEvent> = {
  initial: { status: 'unregistered' },
  decide,
  evolve,
};

/** `ev.repo.<repo>`: which remote is read, where its tracked ref stands, and whether it can be read. */
export const repositoryAggregate: Aggregate<RepositoryState, RepositoryCommand, RepositoryEvent> = {
  name: 'repository',
  version: 1,
  decider,
};

import type { RepositoryEvent } from '@syncline/events';
import { canonicalJson } from '@syncline/kernel';

import type { Outage, Registered, RepositoryData, RepositoryState } from './state.js';

/** How far back a revert to an earlier tree is recognised, in revisions. */
const seenKept = 200;

const reads = ({ url, ref, include }: RepositoryData<'RepositoryRegistered'>): string =>
  canonicalJson({ url, ref, include });

/** Another address, ref or filter: what is there now has nothing in common with what was stored. */
const registered = (
  state: RepositoryState,
  registration: RepositoryData<'RepositoryRegistered'>,
): RepositoryState => {
  if (state.status === 'unregistered') return { status: 'registered', registration, seen: [] };
  const { base, outage, ...rest } = state;
  const keepsBase = base !== undefined && reads(registration) === reads(state.registration);
  return {
    ...rest,
    registration,
    ...(keepsBase && { base }),
    ...forgiven(outage),
  };
};

/** It may fail otherwise now, so that every class is worth saying again. */
const forgiven = (outage: Outage | undefined): { readonly outage?: Outage } =>
  outage ? { outage: { since: outage.since, said: [] } } : {};

const trusted = (state: Registered, { hostKeys }: RepositoryData<'HostKeysTrusted'>): RepositoryState => ({
  ...state,
  registration: { ...state.registration, hostKeys },
  ...forgiven(state.outage),
});

const detected = (state: Registered, data: RepositoryData<'RevisionDetected'>): RepositoryState => {
  const { revision, tree } = data;
  return { ...state, seen: [...state.seen, { revision, tree }].slice(-seenKept), base: revision };
};

const failed = (outage: Outage | undefined, data: RepositoryData<'FetchFailed'>): Outage => ({
  since: outage?.since ?? data.since,
  said: [...(outage?.said ?? []), data.class],
});

const withoutOutage = ({ status, registration, seen, base }: Registered): RepositoryState => ({
  status,
  registration,
  seen,
  ...(base !== undefined && { base }),
});

/** What an event means for the repository. A history that begins before its registration is ignored until then. */
export const evolve = (state: RepositoryState, event: RepositoryEvent): RepositoryState => {
  if (event.type === 'RepositoryRegistered') return registered(state, event.data);
  if (state.status === 'unregistered') return state;
  switch (event.type) {
    case 'HostKeysTrusted':
      return trusted(state, event.data);
    case 'RevisionDetected':
      return detected(state, event.data);
    case 'FetchFailed':
      return { ...state, outage: failed(state.outage, event.data) };
    case 'FetchRecovered':
      return withoutOutage(state);
    default:
      return event satisfies never;
  }
};

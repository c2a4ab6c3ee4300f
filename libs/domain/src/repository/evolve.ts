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
  const { status, seen, outage } = state;
  const keepsBase = reads(registration) === reads(state.registration);
  return {
    status,
    seen,
    registration,
    ...(keepsBase && storedOf(state)),
    ...forgiven(outage),
  };
};

/** What the next pack may build on. */
const storedOf = ({ base, carried }: Registered): Pick<Registered, 'base' | 'carried'> => ({
  ...(base !== undefined && { base }),
  ...(carried && { carried }),
});

/** It may fail otherwise now, so that every class is worth saying again. */
const forgiven = (outage: Outage | undefined): { readonly outage?: Outage } =>
  outage ? { outage: { since: outage.since, said: [] } } : {};

const fetchFailed = (state: Registered, data: RepositoryData<'FetchFailed'>): RepositoryState => {
  const { status, registration, seen } = state;
  return { status, registration, seen, ...storedOf(state), outage: failed(state.outage, data) };
};

const trusted = (state: Registered, { hostKeys }: RepositoryData<'HostKeysTrusted'>): RepositoryState => ({
  ...state,
  registration: { ...state.registration, hostKeys },
  ...forgiven(state.outage),
});

const detected = (state: Registered, data: RepositoryData<'RevisionDetected'>): RepositoryState => {
  const { revision, tree, submodules = [] } = data;
  const { status, registration, outage } = state;
  const seen = [...state.seen, { revision, tree }].slice(-seenKept);
  const carried = submodules.filter(({ problem }) => problem === undefined).map((one) => one.revision);
  return {
    ...{ status, registration, seen, base: revision },
    ...(carried.length > 0 && { carried }),
    ...(outage && { outage }),
  };
};

const failed = (outage: Outage | undefined, data: RepositoryData<'FetchFailed'>): Outage => ({
  since: outage?.since ?? data.since,
  said: [...(outage?.said ?? []), data.class],
});

/** The ref cannot be followed, which is as an outage is, until it stands at a revision that can. */
const refused = (state: Registered, data: RepositoryData<'RevisionRefused'>): RepositoryState => ({
  ...state,
  outage: { since: state.outage?.since ?? data.since, said: state.outage?.said ?? [] },
  refused: data.revision,
});

const withoutOutage = (state: Registered): RepositoryState => {
  const { status, registration, seen } = state;
  return { status, registration, seen, ...storedOf(state) };
};

/** What an event means for the repository. A history that begins before its registration is ignored until then. */
export const evolve = (state: RepositoryState, event: RepositoryEvent): RepositoryState => {
  if (event.type === 'RepositoryRegistered') return registered(state, event.data);
  if (state.status === 'unregistered') return state;
  switch (event.type) {
    case 'HostKeysTrusted':
      return trusted(state, event.data);
    case 'RevisionDetected':
      return detected(state, event.data);
    case 'RevisionRefused':
      return refused(state, event.data);
    case 'FetchFailed':
      return fetchFailed(state, event.data);
    case 'FetchRecovered':
      return withoutOutage(state);
    default:
      return event satisfies never;
  }
};

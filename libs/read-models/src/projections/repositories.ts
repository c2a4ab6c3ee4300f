import {
  canonicalInstant, instantsOf, put, read, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import {
  configurationTable,
  repositoryTable,
  revisionTable,
  type RepositoryRow,
} from '../tables/repository.js';

type Of<Type extends Stored['type']> = Extract<Stored, { type: Type }>;

const registered = (row: RepositoryRow | undefined, event: Of<'RepositoryRegistered'>): Change => {
  const { repository, url, ref, paths, include, pollSeconds } = event.data;
  const known = row ?? { revision: null, message: null, failure: null, configuration: null };
  return put(repositoryTable, {
    ...known,
    ...{ repository, url, ref, paths, include, pollSeconds },
    ...instantsOf(event),
  });
};

const detected = (event: Of<'RevisionDetected'>): Change => {
  const { repository, revision, previous, message, author, committer, forced, reverts } = event.data;
  return put(revisionTable, {
    ...event.position,
    ...{ repository, revision, message, forced, reverts },
    previous: previous ?? null,
    author: author.person,
    committer: committer.person,
    committedAt: canonicalInstant(committer.at),
    correlationId: event.correlationId,
    ...instantsOf(event),
  });
};

const judged = (event: Of<'ConfigurationAccepted'> | Of<'ConfigurationRejected'>): Change => {
  const isAccepted = event.type === 'ConfigurationAccepted';
  return put(configurationTable, {
    ...event.position,
    repository: event.data.repository,
    revision: event.data.revision,
    document: isAccepted ? event.data.configuration.digest : null,
    errors: isAccepted ? null : event.data.errors,
    errorCount: isAccepted ? 0 : event.data.errorCount,
    ...instantsOf(event),
  });
};

const rowAfter = (row: RepositoryRow, event: Stored): RepositoryRow => {
  const { occurredAt: since } = instantsOf(event);
  switch (event.type) {
    case 'RevisionDetected':
      return { ...row, revision: event.data.revision, message: event.data.message, failure: null };
    case 'FetchFailed': {
      const { class: kind, reason } = event.data;
      return { ...row, failure: { class: kind, reason, since: event.data.since } };
    }
    case 'RevisionRefused': {
      const { class: kind, revision, since } = event.data;
      const reason = `${revision.slice(0, 7)} is not planned. ${event.data.reason}`;
      return { ...row, failure: { class: kind, reason, since, revision } };
    }
    case 'FetchRecovered':
      return { ...row, failure: null };
    case 'ConfigurationAccepted':
      return { ...row, configuration: { revision: event.data.revision, accepted: true, since } };
    case 'ConfigurationRejected': {
      const { revision, errors, errorCount } = event.data;
      return { ...row, configuration: { revision, accepted: false, errors, errorCount, since } };
    }
    default:
      return row;
  }
};

const types = [
  'RepositoryRegistered', 'RevisionDetected', 'RevisionRefused', 'FetchFailed', 'FetchRecovered', 'ConfigurationAccepted', 'ConfigurationRejected',
] as const; // prettier-ignore
type RepositoryStored = Of<(typeof types)[number]>;
const isOfRepository = (event: Stored): event is RepositoryStored =>
  (types as readonly string[]).includes(event.type);

const project = (event: Stored, find: Find): readonly Change[] => {
  if (!isOfRepository(event)) return [];
  const row = find(repositoryTable, { repository: event.data.repository });
  if (event.type === 'RepositoryRegistered') return [registered(row, event)];
  const facts =
    event.type === 'RevisionDetected'
      ? [detected(event)]
      : event.type === 'ConfigurationAccepted' || event.type === 'ConfigurationRejected'
        ? [judged(event)]
        : [];
  return row ? [...facts, put(repositoryTable, { ...rowAfter(row, event), ...instantsOf(event) })] : facts;
};

/** Repositories as they are now, every revision seen on them, and what the planner made of each. */
export const repositoriesProjection: Projection = {
  name: 'repositories',
  version: 2,
  tables: [repositoryTable, revisionTable, configurationTable],
  reads: (event) =>
    isOfRepository(event) ? [read(repositoryTable, { repository: event.data.repository })] : [],
  project,
};

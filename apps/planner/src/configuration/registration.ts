import type { RepositoryEvent } from '@syncline/events';
import type { Aggregate, StoredEvent } from '@syncline/kernel';

type Data<Type extends RepositoryEvent['type']> = Extract<RepositoryEvent, { type: Type }>['data'];

/** What is registered of a repository, and the last revision that was detected since its URL and ref are what they are. */
export type Registration = {
  readonly registered?: Data<'RepositoryRegistered'>;
  readonly detected?: Data<'RevisionDetected'>;
  /** The sequence at which it was detected. */
  readonly detectedAt?: number;
};

type Logged = RepositoryEvent & Partial<Pick<StoredEvent, 'position'>>;

const isSameSource = (a: Data<'RepositoryRegistered'>, b: Data<'RepositoryRegistered'>): boolean =>
  a.url === b.url && a.ref.kind === b.ref.kind && a.ref.name === b.ref.name;

const evolve = (state: Registration, event: Logged): Registration => {
  switch (event.type) {
    case 'RepositoryRegistered': {
      const keeps = state.registered && isSameSource(state.registered, event.data);
      return {
        registered: event.data,
        ...(keeps && state.detected && { detected: state.detected, detectedAt: state.detectedAt ?? 0 }),
      };
    }
    case 'RevisionDetected':
      return { ...state, detected: event.data, detectedAt: event.position?.sequence ?? 0 };
    case 'HostKeysTrusted':
    case 'RevisionRefused':
    case 'FetchFailed':
    case 'FetchRecovered':
      return state;
    default:
      return event satisfies never;
  }
};

/** `ev.repo.<repo>` as the planner reads it; it decides nothing there, git-watcher does. */
export const registrationAggregate: Aggregate<Registration, never, Logged> = {
  name: 'planner-registration',
  version: 1,
  decider: { initial: {}, decide: () => [], evolve },
};

/** The paths under which configuration is read; none registered means the whole repository. */
export const registeredPaths = ({ registered }: Registration): readonly string[] =>
  registered && registered.paths.length > 0 ? registered.paths : [''];

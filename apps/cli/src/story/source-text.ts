import type { ApplicationEvent, ConfigurationEvent, RepositoryEvent, RestoreEvent } from '@syncline/events';

import { count, headline, short } from './words.js';

/** What an event of a repository says. */
export const repositoryText = (event: RepositoryEvent): string => {
  switch (event.type) {
    case 'RepositoryRegistered':
      return `registered: ${event.data.url}, ${event.data.ref.kind} ${event.data.ref.name}`;
    case 'HostKeysTrusted':
      return `the keys of its SSH host are trusted: ${event.data.hostKeys.map(({ type }) => type).join(', ')}`;
    case 'RevisionDetected': {
      const { revision, repository, ref, tag, message, forced, reverts, author, signature } = event.data;
      const how = forced ? ', pushed with force' : '';
      const reverted = reverts[0] === undefined ? '' : `, a revert of ${short(reverts[0])}`;
      const by = signature?.person === author.person ? 'its author' : signature?.key;
      const signed = by === undefined ? '' : `, signed by ${by}`;
      return `${short(revision)} seen on ${repository}@${tag ?? ref.name}${how}${signed}${reverted}: "${headline(message)}"`;
    }
    case 'RevisionRefused': {
      const { revision, repository, ref, tag, message, reason } = event.data;
      return `${short(revision)} on ${repository}@${tag ?? ref.name} is not planned: "${headline(message)}". ${reason}`;
    }
    case 'FetchFailed':
      return `cannot be read (${event.data.class}): ${event.data.reason}`;
    case 'FetchRecovered':
      return 'can be read again';
    default:
      return event satisfies never;
  }
};

/** What an event of a repository's configuration says. */
export const configurationText = (event: ConfigurationEvent): string => {
  switch (event.type) {
    case 'ConfigurationAccepted':
      return `configuration accepted: ${count(event.data.applications, 'application')}, ${event.data.affected} affected`;
    case 'ConfigurationRejected': {
      const [first] = event.data.errors;
      const where = first ? `: ${first.file}:${first.line} ${first.reason}` : '';
      return `configuration rejected, ${count(event.data.errorCount, 'error')}${where}`;
    }
    default:
      return event satisfies never;
  }
};

/** What an event of an application says. */
export const applicationText = (event: ApplicationEvent): string => {
  switch (event.type) {
    case 'ApplicationDeclared':
      return 'declared';
    case 'ApplicationRevised':
      return 'its declaration changed';
    case 'ApplicationRetired':
      return 'no longer declared; its objects stay where they are';
    case 'RolloutStarted': {
      const clusters = event.data.waves.flatMap((wave) => wave.clusters);
      const started = `rollout of ${short(event.data.revision)} started`;
      return clusters.length === 0
        ? `${started}: no cluster has to change`
        : `${started} on ${clusters.join(', ')}`;
    }
    case 'WaveOpened':
      return `wave ${event.data.name} opened`;
    case 'WaveCompleted':
      return `wave ${event.data.name} completed`;
    case 'RolloutCompleted':
      return `rollout of ${short(event.data.revision)} completed`;
    case 'RolloutSuperseded':
      return `rollout of ${short(event.data.revision)} superseded`;
    case 'RolloutHalted':
      return `rollout halted by ${event.data.cluster}: ${event.data.reason}`;
    case 'RolloutResumed':
      return `rollout goes on, ${event.data.cluster} is moving again`;
    case 'ApplicationPaused':
      return `paused: ${event.data.reason}`;
    case 'ApplicationResumed':
      return 'resumed';
    default:
      return event satisfies never;
  }
};

/** What an event of a restore says. */
export const restoreText = (event: RestoreEvent): string => {
  switch (event.type) {
    case 'RestoreRequested': {
      const { asOf, steps, reason } = event.data;
      const targets = steps.reduce((sum, step) => sum + step.targets.length, 0);
      return `restore of ${count(targets, 'target')} as of ${asOf}${reason === undefined ? '' : `: ${reason}`}`;
    }
    case 'RestoreStepOpened':
      return `restore goes on with ${event.data.name}`;
    case 'RestoreHalted':
      return `restore halted by ${event.data.target}: ${event.data.reason}`;
    case 'RestoreCompleted':
      return 'restore completed';
    default:
      return event satisfies never;
  }
};

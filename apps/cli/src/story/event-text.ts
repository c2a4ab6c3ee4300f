import {
  decodeToken,
  findEventType,
  parseTargetSubject,
  type AccessEvent,
  type ApplicationEvent,
  type ArtifactEvent,
  type CheckpointEvent,
  type ConfigurationEvent,
  type FleetEvent,
  type LinkEvent,
  type PlanEvent,
  type RegistryEvent,
  type RepositoryEvent,
  type RestoreEvent,
  type ServiceEvent,
  type TargetEvent,
} from '@syncline/events';

import type { LogEvent } from '../client/contract.js';
import { artifactText, registryText } from './artifact-text.js';
import { applicationText, configurationText, repositoryText, restoreText } from './source-text.js';
import { planText, targetText } from './target-text.js';

/** Every event that the CLI has words for. */
export type KnownEvent =
  | RepositoryEvent
  | ArtifactEvent
  | RegistryEvent
  | ConfigurationEvent
  | ApplicationEvent
  | PlanEvent
  | RestoreEvent
  | TargetEvent
  | FleetEvent
  | LinkEvent
  | ServiceEvent
  | AccessEvent
  | CheckpointEvent;

/** The event with its data checked by today's schema; undefined for one that this CLI does not know. */
export const knownEvent = (event: LogEvent): KnownEvent | undefined => {
  const parsed = findEventType(event.type)?.schema.safeParse(event.data);
  return parsed?.success ? ({ type: event.type, data: parsed.data } as KnownEvent) : undefined;
};

/** What an event is about, as people name it: `checkout on prod-eu`, `cluster staging`, `fleet`. */
export const aboutOf = ({ subject }: LogEvent): string => {
  const target = parseTargetSubject(subject);
  if (target) return `${target.application} on ${target.cluster}`;
  const [, kind = '', ...tokens] = subject.split('.');
  const names = tokens.map(decodeToken);
  if (kind === 'app') return names[1] ?? subject;
  if (kind === 'cluster' || kind === 'fleet') return `cluster ${names[0] ?? ''}`;
  return kind === 'log' ? 'log' : (names[0] ?? subject);
};

const families: readonly (readonly [RegExp, (event: never) => string])[] = [
  [/^ev\.repo\.[^.]+\.artifacts$/, artifactText],
  [/^ev\.registry\./, registryText],
  [/^ev\.repo\./, repositoryText],
  [/^ev\.config\./, configurationText],
  [/^ev\.app\./, applicationText],
  [/^ev\.plan\./, planText],
  [/^ev\.restore\./, restoreText],
  [/^ev\.cluster\.[^.]+\.target\./, targetText],
  [/^ev\.cluster\.[^.]+\.link$/, (event: LinkEvent) => linkText(event)],
  [/^ev\.fleet\./, (event: FleetEvent) => fleetText(event)],
  [/^ev\.service\.|^ev\.cluster\.[^.]+\.service$/, (event: ServiceEvent) => serviceText(event)],
  [/^ev\.access\./, (event: AccessEvent) => accessText(event)],
  [/^ev\.log$/, (event: CheckpointEvent) => checkpointText(event)],
];

/** What an event says, in a few words without its subject. An event of an unknown type says its type. */
export const textOf = (event: LogEvent): string => {
  const known = knownEvent(event);
  const family = families.find(([pattern]) => pattern.test(event.subject));
  return known && family ? family[1](known as never) : event.type;
};

const linkText = (event: LinkEvent): string => {
  switch (event.type) {
    case 'ClusterConnected':
      return `connected, Kubernetes ${event.data.kubernetesVersion}`;
    case 'ClusterLost':
      return `out of reach: ${event.data.reason}`;
    case 'CapabilitiesObserved':
      return 'what it serves was observed';
    default:
      return event satisfies never;
  }
};

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');

const fleetText = (event: FleetEvent): string => {
  switch (event.type) {
    case 'ClusterRegistered':
      return `registered with ${labelsText(event.data.labels)}${event.data.agent ? ', for an agent of its own' : ''}`;
    case 'ClusterRelabelled':
      return `labelled ${labelsText(event.data.labels)}`;
    case 'ClusterRemoved':
      return 'removed from the fleet';
    case 'AgentLost':
      return `its agent is lost: ${event.data.reason}`;
    case 'AgentReturned':
      return 'its agent is back';
    default:
      return event satisfies never;
  }
};

const serviceText = (event: ServiceEvent): string => {
  switch (event.type) {
    case 'ServiceStarted':
      return `started, version ${event.data.version}`;
    case 'CredentialSealed':
      return `was given the credential ${event.data.name}`;
    case 'SubjectParked':
      return `cannot go on with ${event.data.subject} (${event.data.reaction}): ${event.data.reason}`;
    case 'SubjectResumed':
      return `goes on with ${event.data.subject} (${event.data.reaction})`;
    default:
      return event satisfies never;
  }
};

const accessText = (event: AccessEvent): string => {
  switch (event.type) {
    case 'TokenIssued':
      return `token ${event.data.name} was made for a ${event.data.role}`;
    case 'TokenRevoked':
      return `token ${event.data.token} was revoked`;
    case 'AccessDenied':
      return `was denied ${event.data.operation}: ${event.data.reason}`;
    default:
      return event satisfies never;
  }
};

const checkpointText = (event: CheckpointEvent): string => {
  switch (event.type) {
    case 'CheckpointSigned':
      return `a checkpoint over ${event.data.size} messages was signed`;
    case 'CheckpointKeyAnnounced':
      return `checkpoints are signed by ${event.data.key}`;
    default:
      return event satisfies never;
  }
};

import type { EventType } from './define.js';
import { exactly, type Exact } from './exact.js';
import { applicationEvents } from './types/application.js';
import { artifactEvents, registryEvents } from './types/artifact.js';
import { fleetEvents, linkEvents } from './types/cluster.js';
import { configurationEvents } from './types/configuration.js';
import { logEvents } from './types/log.js';
import { planEvents } from './types/plan.js';
import { repositoryEvents } from './types/repository.js';
import { restoreEvents } from './types/restore.js';
import { accessEvents, serviceEvents } from './types/service.js';
import { targetEvents } from './types/target.js';

/** A family of events: those that one kind of subject holds, and the service that alone writes them. */
export type EventFamily = {
  readonly subject: string;
  readonly writer: string;
  readonly types: readonly EventType[];
};

/** Every family, in the order of docs/events.md. */
export const families: readonly EventFamily[] = [
  { subject: 'ev.repo.<repo>', writer: 'git-watcher', types: repositoryEvents },
  { subject: 'ev.repo.<repo>.artifacts', writer: 'git-watcher', types: artifactEvents },
  { subject: 'ev.registry.<registry>', writer: 'git-watcher', types: registryEvents },
  { subject: 'ev.config.<repo>', writer: 'planner', types: configurationEvents },
  { subject: 'ev.app.<project>.<app>', writer: 'planner', types: applicationEvents },
  { subject: 'ev.plan.<cluster>.<project>.<app>', writer: 'planner', types: planEvents },
  { subject: 'ev.restore.<restore>', writer: 'planner', types: restoreEvents },
  { subject: 'ev.fleet.<cluster>', writer: 'api', types: fleetEvents },
  { subject: 'ev.cluster.<cluster>.link', writer: 'applier', types: linkEvents },
  { subject: 'ev.cluster.<cluster>.target.<project>.<app>', writer: 'applier', types: targetEvents },
  {
    subject: 'ev.service.<service>, ev.cluster.<cluster>.service',
    writer: 'each service its own',
    types: serviceEvents,
  },
  { subject: 'ev.access.<actor>', writer: 'api', types: accessEvents },
  { subject: 'ev.log', writer: 'api', types: logEvents },
];

const byName = new Map(families.flatMap((family) => family.types).map((type) => [type.name, type]));

/** The current version of an event type; undefined for a name that this code does not know. */
export const findEventType = (name: string): EventType | undefined => byName.get(name);

const exact = new Map<EventType, Exact>();

/** Whether data is of an event type as it stands: its schema takes it and leaves nothing out. No is no more than a guess. */
export const isExact = (type: EventType, data: unknown): boolean => {
  const known = exact.get(type);
  if (known) return known(data);
  const fresh = exactly(type.schema);
  exact.set(type, fresh);
  return fresh(data);
};

import type { StoredEvent } from '@syncline/kernel';

import { linkEvents } from './types/cluster.js';
import { serviceEvents } from './types/service.js';
import { targetEvents } from './types/target.js';
import { decodeToken } from './subjects.js';

type Data = Readonly<Record<string, unknown>>;

const named = (types: readonly { readonly name: string }[]): ReadonlySet<string> =>
  new Set(types.map(({ name }) => name));
const kinds: Readonly<Record<string, ReadonlySet<string>>> = {
  link: named(linkEvents),
  service: named(serviceEvents),
  target: named(targetEvents),
};
const applier = 'service:applier';

/** What a cluster's applier may say of its service: about itself, and about what it is delivered. */
const isOfItsService = (token: string, { service, subject }: Data): boolean =>
  service === 'applier' &&
  (typeof subject !== 'string' ||
    subject === `ev.fleet.${token}` ||
    subject.startsWith(`ev.plan.${token}.`) ||
    subject.startsWith(`ev.cluster.${token}.`));

/** Messages that are read one after the other are mostly of one subject, and events of one message always. */
let latest = { subject: '', token: '', cluster: '', kind: '' };

const partsOf = (subject: string): typeof latest => {
  if (latest.subject !== subject) {
    const [, , token = '', kind = ''] = subject.split('.');
    latest = { subject, token, cluster: decodeToken(token), kind };
  }
  return latest;
};

const misplacedOfCluster = (subject: string, event: StoredEvent): string | undefined => {
  const { token, cluster, kind } = partsOf(subject);
  const data = event.data as Data;
  if (kinds[kind]?.has(event.type) !== true) return `${event.type} is none of what an applier says there`;
  if (event.actor !== applier && event.type !== 'SubjectResumed')
    return `an applier says that ${event.actor} did it`;
  if (data.cluster !== undefined && data.cluster !== cluster)
    return `the applier of ${cluster} speaks of another cluster`;
  if (kind === 'service' && !isOfItsService(token, data))
    return `the applier of ${cluster} speaks of another service`;
  return undefined;
};

/**
 * Why an event is not what the subject that it was written on may hold; undefined where it is. The server guards who writes on a
 * subject, and nothing but this guards what is said there: an agent is somebody else's machine, and what it writes about
 * others must never be taken for theirs.
 */
export const misplaced = (subject: string, event: StoredEvent): string | undefined => {
  if (event.subject !== subject) return `it says that it is of ${event.subject}`;
  return subject.startsWith('ev.cluster.') ? misplacedOfCluster(subject, event) : undefined;
};

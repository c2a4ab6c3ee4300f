import type { ResourceEvent } from '@syncline/events';

import type { KubeObject } from '../objects/kube-object.js';
import { cut } from './bounded.js';
import type { Node } from './node.js';

const mostEvents = 3;
/** Where the API server keeps events of objects that have no namespace. */
const clusterScoped = 'default';

/** An event of core/v1, as far as it is read. Newer reporters count in a series. */
type CoreEvent = {
  readonly involvedObject?: { readonly uid?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
  readonly metadata: { readonly creationTimestamp?: string };
};

const eventOf = (event: CoreEvent): ResourceEvent => ({
  type: event.type ?? 'Normal',
  reason: cut(event.reason ?? ''),
  message: cut(event.message ?? ''),
  count: event.series?.count ?? event.count ?? 1,
  lastSeen:
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.metadata.creationTimestamp ??
    '',
});

/** Warnings before the rest, then what was seen last. */
const byUrgency = (a: ResourceEvent, b: ResourceEvent): number =>
  Number(b.type === 'Warning') - Number(a.type === 'Warning') ||
  (Date.parse(b.lastSeen) || 0) - (Date.parse(a.lastSeen) || 0);

/** The few events of each node that are worth showing, whatever number is read. */
export class EventSheets {
  readonly #sheets: ReadonlyMap<string, ResourceEvent[]>;
  /** Where events of these nodes are. */
  readonly namespaces: ReadonlySet<string>;

  constructor(nodes: readonly Node[]) {
    this.#sheets = new Map(nodes.map(({ key }) => [key, []]));
    this.namespaces = new Set(
      nodes.flatMap(({ uid, object }) => (uid === undefined ? [] : [object.namespace ?? clusterScoped])),
    );
  }

  add(object: KubeObject): void {
    const event = object as unknown as CoreEvent;
    const sheet = this.#sheets.get(event.involvedObject?.uid ?? '');
    if (!sheet) return;
    sheet.push(eventOf(event));
    sheet.sort(byUrgency).splice(mostEvents);
  }

  /** What is to be shown of the node with this key. */
  of(key: string): readonly ResourceEvent[] {
    return this.#sheets.get(key) ?? [];
  }
}

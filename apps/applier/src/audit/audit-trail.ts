import type { DriftedObject, ForeignWrite, ObjectName, TargetName } from '@syncline/events';

import { readAudit, type AuditedWrite } from './audit-event.js';

/** A drift that was recorded, as far as writes are matched with it. */
export type SeenDrift = {
  readonly target: TargetName;
  readonly firstSeen: string;
  readonly objects: readonly DriftedObject[];
  /** The change that the target was applied by. */
  readonly correlationId: string;
};

/** What became of an audit event. */
export const auditOutcomes = [
  'kept', 'read', 'ours', 'failed', 'unmanaged', 'duplicate', 'malformed', 'dropped',
] as const; // prettier-ignore
export type AuditOutcome = (typeof auditOutcomes)[number];

type Options = {
  readonly withSourceIp: boolean;
  readonly counted: (outcome: AuditOutcome) => void;
  readonly attribute: (drift: SeenDrift, writes: readonly ForeignWrite[]) => void;
};

const mostWrites = 5_000;
const mostWritesOfOne = 50;
const mostDrifts = 500;
const mostIds = 20_000;
/** A batch comes late, and a drift is seen a moment after the write that made it. */
const beforeMs = 120_000;
const lingerMs = 120_000;
const keptMs = 15 * 60_000;

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

/** Where an object is, its kind left out: audit events have its plural. */
export const placeOf = ({ apiVersion, namespace = '', name }: ObjectName): string =>
  `${groupOf(apiVersion)}/${namespace}/${name}`;

/** Whether a resource is a kind's plural: all but its last letter is the same (Policy, policies). */
const isOfKind = (resource: string, kind: string): boolean =>
  resource.startsWith(kind.toLowerCase().slice(0, -1));

const isBy = (write: AuditedWrite, { change, fields }: DriftedObject): boolean => {
  if (change === 'deleted') return write.verb === 'delete';
  if (change === 'recreated') return write.verb === 'delete' || write.verb === 'create';
  const managers = new Set(fields.flatMap(({ manager }) => manager ?? []));
  return managers.size === 0 || (write.manager !== undefined && managers.has(write.manager));
};

const toldOf = (write: AuditedWrite, object: ObjectName): ForeignWrite => {
  const { audit, verb, user, userAgent, manager, at, sourceIp } = write;
  return {
    ...{ audit, object, verb, user, at },
    ...(userAgent !== undefined && { userAgent }),
    ...(manager !== undefined && { manager }),
    ...(sourceIp !== undefined && { sourceIp }),
  };
};

/** The foreign writes of one cluster of the last minutes, matched with its drifts, whichever comes first. */
export class AuditTrail {
  readonly #writes = new Map<string, AuditedWrite[]>();
  readonly #drifts = new Map<string, SeenDrift>();
  readonly #ids = new Set<string>();
  readonly #managed = new Map<string, number>();
  #count = 0;

  constructor(private readonly options: Options) {}

  /** Takes one event as the API server wrote it. Never throws. */
  take(event: unknown): void {
    this.options.counted(this.#take(event));
  }

  /** A target holds these objects: writes on them count. */
  manage(objects: readonly ObjectName[]): void {
    for (const place of objects.map(placeOf)) this.#managed.set(place, (this.#managed.get(place) ?? 0) + 1);
  }

  /** It does not any more; for a while what is told of them late counts still. */
  letGo(objects: readonly ObjectName[]): void {
    setTimeout(() => {
      for (const place of objects.map(placeOf)) {
        const left = (this.#managed.get(place) ?? 0) - 1;
        if (left > 0) this.#managed.set(place, left);
        else this.#managed.delete(place);
      }
    }, lingerMs).unref();
  }

  /** A drift was recorded; it is matched with the writes that are known, and with those to come. */
  see(drift: SeenDrift): void {
    const { cluster, project, application } = drift.target;
    const key = JSON.stringify([cluster, project, application, drift.firstSeen]);
    this.#drifts.delete(key);
    this.#drifts.set(key, drift);
    if (this.#drifts.size > mostDrifts) this.#drifts.delete(this.#drifts.keys().next().value ?? '');
    this.#match(
      drift,
      drift.objects.flatMap(({ object }) => this.#writes.get(placeOf(object)) ?? []),
    );
  }

  #take(event: unknown): AuditOutcome {
    const write = readAudit(event, this.options);
    if (typeof write === 'string') return write;
    const place = `${write.group}/${write.namespace}/${write.name}`;
    if (!this.#managed.has(place)) return 'unmanaged';
    if (this.#ids.has(write.audit)) return 'duplicate';
    this.#ids.add(write.audit);
    if (this.#ids.size > mostIds) this.#ids.delete(this.#ids.values().next().value ?? '');
    const isRoom = this.#keep(place, write);
    for (const drift of this.#drifts.values()) this.#match(drift, [write]);
    return isRoom ? 'kept' : 'dropped';
  }

  /** Whether nothing younger than what is kept had to go for it. */
  #keep(place: string, write: AuditedWrite): boolean {
    const before = this.#writes.get(place) ?? [];
    const young = before.filter(({ at }) => Date.parse(at) > Date.now() - keptMs);
    const all = [...young, write].slice(-mostWritesOfOne);
    this.#writes.delete(place);
    this.#writes.set(place, all);
    this.#count += all.length - before.length;
    let isRoom = all.length > young.length;
    for (const [oldest, { length }] of this.#writes) {
      if (this.#count <= mostWrites) break;
      this.#writes.delete(oldest);
      this.#count -= length;
      isRoom = false;
    }
    return isRoom;
  }

  #match(drift: SeenDrift, writes: readonly AuditedWrite[]): void {
    const seen = Date.parse(drift.firstSeen);
    const found = writes.flatMap((write): readonly ForeignWrite[] => {
      const at = Date.parse(write.at);
      const object = drift.objects.find(
        (one) =>
          placeOf(one.object) === `${write.group}/${write.namespace}/${write.name}` &&
          isOfKind(write.resource, one.object.kind) &&
          isBy(write, one),
      )?.object;
      const isThen = at > seen - beforeMs && at < seen + keptMs;
      return object && isThen ? [toldOf(write, object)] : [];
    });
    if (found.length > 0) this.options.attribute(drift, found.slice(-20));
  }
}

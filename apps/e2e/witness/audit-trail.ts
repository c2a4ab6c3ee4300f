import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { fieldsOf, type Field } from './owned-fields.js';

/** An object as an API server answers it. */
export type Live = {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string;
    readonly managedFields?: readonly ManagedFields[];
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
};

type ManagedFields = {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
};

/** A line of the API server's audit log (audit.k8s.io/v1, level RequestResponse). */
type AuditEvent = {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly userAgent?: string;
  readonly objectRef?: {
    readonly resource: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly apiGroup?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code: number };
  readonly responseObject?: Live | { readonly kind: 'Status' };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
};

/** A write that changed an object, between the instants at which it was asked for and answered (microseconds, RFC 3339). */
export type Write = {
  readonly asked: string;
  readonly answered: string;
  readonly verb: string;
  readonly userAgent: string;
  readonly manager: string;
  /** `resource.group/namespace/name` */
  readonly object: string;
  readonly before: Live | undefined;
  /** Undefined where the object is gone. */
  readonly after: Live | undefined;
};

/** When the product listed or began to watch a resource. */
export type Look = { readonly at: string; readonly resource: string };

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
export const ourAgent = 'syncline';

const keyOf = ({ objectRef }: AuditEvent, live?: Live): string => {
  const { resource = '', apiGroup, namespace = '', name = live?.metadata.name } = objectRef ?? {};
  const group = apiGroup === undefined ? '' : `.${apiGroup}`;
  // A Namespace is said to be in itself.
  return `${resource}${group}/${resource === 'namespaces' ? '' : namespace}/${name ?? ''}`;
};

const resourceOf = (key: string): string => key.split('/', 1)[0]!;

const isObject = (answer: AuditEvent['responseObject']): answer is Live =>
  answer !== undefined && answer.kind !== 'Status';

/** Who an answer names as the last to have written, where the request does not say it. */
const managerOf = (event: AuditEvent): string => {
  const asked = new URL(event.requestURI, 'https://cluster').searchParams.get('fieldManager');
  return asked ?? (event.userAgent ?? '').split('/', 1)[0]!;
};

/** What a scaled object has become: the answer to a scale is a Scale, and not the object. */
const scaled = (before: Live | undefined, scale: Live, manager: string): Live | undefined => {
  if (!before) return undefined;
  const { replicas } = scale.spec as { replicas: number };
  const withoutReplicas = (one: ManagedFields): ManagedFields => {
    const spec = { ...(one.fieldsV1?.['f:spec'] as Record<string, unknown> | undefined) };
    delete spec['f:replicas'];
    return { ...one, fieldsV1: { ...one.fieldsV1, 'f:spec': spec } };
  };
  const managedFields = [
    ...(before.metadata.managedFields ?? []).map(withoutReplicas),
    { manager, operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
  ];
  return {
    ...before,
    metadata: { ...before.metadata, resourceVersion: scale.metadata.resourceVersion, managedFields },
    spec: { ...(before.spec as object), replicas },
  };
};

/** Everything that an API server wrote down of its objects: each write with what it found and left, and who looked when. */
export class AuditTrail {
  readonly writes: Write[] = [];
  readonly looks: Look[] = [];
  readonly #byObject = new Map<string, Write[]>();

  /** Reads a whole audit log. */
  static async read(path: string): Promise<AuditTrail> {
    const events: AuditEvent[] = [];
    for await (const line of createInterface({ input: createReadStream(path) }))
      if (line !== '') events.push(JSON.parse(line) as AuditEvent);
    // An object's versions are numbers that only grow; what was answered a little later was not always written later.
    const versionOf = (event: AuditEvent): number =>
      isObject(event.responseObject) ? Number(event.responseObject.metadata.resourceVersion) : NaN;
    events.sort((a, b) => (a.stageTimestamp < b.stageTimestamp ? -1 : 1));
    const trail = new AuditTrail();
    const pending = new Map<string, AuditEvent[]>();
    for (const event of events) {
      trail.#takeLook(event);
      if (!isEffective(event)) continue;
      const key = keyOf(event, isObject(event.responseObject) ? event.responseObject : undefined);
      const own = pending.get(key) ?? [];
      own.push(event);
      pending.set(key, own);
    }
    for (const [key, own] of pending) {
      for (let at = own.length - 1; at > 0; at -= 1)
        if (versionOf(own[at]!) < versionOf(own[at - 1]!)) [own[at - 1], own[at]] = [own[at]!, own[at - 1]!];
      for (const event of own) trail.#takeWrite(key, event);
    }
    trail.writes.sort((a, b) => (a.answered < b.answered ? -1 : 1));
    return trail;
  }

  /** The objects that were ever written. */
  get objects(): readonly string[] {
    return [...this.#byObject.keys()];
  }

  /** The writes of one object, in their order. */
  of(object: string): readonly Write[] {
    return this.#byObject.get(object) ?? [];
  }

  /** An object as it was at an instant. */
  at(object: string, instant: string): Live | undefined {
    return this.of(object).findLast(({ answered }) => answered <= instant)?.after;
  }

  #takeLook({ verb, stage, userAgent, objectRef, stageTimestamp, responseStatus }: AuditEvent): void {
    if (userAgent !== ourAgent || (verb !== 'list' && verb !== 'watch') || !objectRef) return;
    if (stage === 'Panic' || (responseStatus?.code ?? 0) >= 400) return;
    const group = objectRef.apiGroup === undefined ? '' : `.${objectRef.apiGroup}`;
    this.looks.push({ at: stageTimestamp, resource: `${objectRef.resource}${group}` });
  }

  #takeWrite(object: string, event: AuditEvent): void {
    const own = this.#byObject.get(object) ?? [];
    const before = own.at(-1)?.after;
    const manager = managerOf(event);
    const after = afterOf(event, before, manager);
    if (after && after.metadata.resourceVersion === before?.metadata.resourceVersion) return;
    own.push({
      ...{ asked: event.requestReceivedTimestamp, answered: event.stageTimestamp },
      ...{ verb: event.verb, userAgent: event.userAgent ?? '', manager, object, before, after },
    });
    this.#byObject.set(object, own);
    this.writes.push(own.at(-1)!);
  }
}

const isEffective = ({ verb, stage, requestURI, responseStatus, objectRef }: AuditEvent): boolean =>
  writing.has(verb) &&
  stage === 'ResponseComplete' &&
  !requestURI.includes('dryRun=') &&
  (responseStatus?.code ?? 500) < 300 &&
  !['binding', 'eviction', 'token'].includes(objectRef?.subresource ?? '');

const afterOf = (event: AuditEvent, before: Live | undefined, manager: string): Live | undefined => {
  const { responseObject: answer } = event;
  if (!isObject(answer)) return undefined;
  if (event.objectRef?.subresource === 'scale') return scaled(before, answer, manager);
  // What is deleted without finalizers is answered once more, as it was.
  const isGone =
    event.verb === 'delete' && answer.metadata.resourceVersion === before?.metadata.resourceVersion;
  return isGone ? undefined : answer;
};

/** The fields that server-side apply made ours, as an object says itself. */
export const ourFields = (live: Live | undefined): readonly Field[] =>
  (live?.metadata.managedFields ?? [])
    .filter(({ manager, operation }) => manager === ourAgent && operation === 'Apply')
    .flatMap(({ fieldsV1 }) => fieldsOf(fieldsV1 ?? {}));

/** The resource of an object's name here, as `deployments.apps`. */
export { resourceOf };

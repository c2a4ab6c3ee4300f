import type { ApiEvent } from '../platform/installation.js';
import { ourAgent, ourFields, resourceOf, type AuditTrail, type Write } from './audit-trail.js';
import { keysOf, keysOfPath, valueAt, type Field } from './owned-fields.js';

/** An object as plans and drift name it. */
export type ObjectRef = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
};
/** An object that is not as it was applied, as drift tells it. */
export type DriftedObject = {
  readonly object: ObjectRef;
  readonly change: string;
  readonly fields: readonly { readonly path: string; readonly manager?: string; readonly to?: unknown }[];
};
/** What came and went between two words of drift. */
type Change = {
  readonly object: ObjectRef;
  readonly path?: string;
  readonly change: string;
  readonly manager?: string;
  readonly at: string;
};
type Operation = {
  readonly action: string;
  readonly object: ObjectRef;
  readonly takeovers?: readonly { readonly manager: string; readonly paths: readonly string[] }[];
};
/** A plan as far as it is asked for here. */
export type Plan = {
  readonly plan: { readonly operations: readonly Operation[] };
};

/** When a part was killed that watches, or is watched. */
export type Gap = { readonly from: string };

/** The product's record, as its API gives it out. */
export type Testimony = {
  readonly events: readonly (ApiEvent & { readonly time: string; readonly recordedtime: string })[];
  readonly plans: ReadonlyMap<string, Plan>;
  readonly gaps: readonly Gap[];
};

/** What came of holding the record against the audit log. */
export type Verdict = {
  readonly counts: {
    readonly ours: number;
    readonly foreign: number;
    /** Foreign writes that changed what we had applied. */
    readonly touching: number;
    /** Of these, those that a plan named and took back. */
    readonly taken: number;
    /** Of these, those that were undone before anyone could look again. */
    readonly unseen: number;
  };
  readonly unexplained: readonly string[];
  /** When the record had each of our writes, and each foreign one that touched our fields. */
  readonly toldAt: ReadonlyMap<Write, string>;
};

/** The plural of each kind of this test's fleet, as the audit log names resources. */
const plurals: Readonly<Record<string, string>> = {
  Namespace: 'namespaces',
  ConfigMap: 'configmaps',
  Secret: 'secrets',
  Service: 'services',
  Deployment: 'deployments.apps',
  CustomResourceDefinition: 'customresourcedefinitions.apiextensions.k8s.io',
  BackupPolicy: 'backuppolicies.ops.fleet.example',
};
const system = 'syncline-system';
/** How long after a write it may be seen: reads, and the pauses between them. */
const seenWithinMs = 5_000;

/** How the audit trail names an object of the record. */
export const trailName = ({ kind, namespace = '', name }: ObjectRef): string =>
  `${plurals[kind] ?? kind}/${namespace}/${name}`;

const nameOf = ({ object, manager, asked, verb }: Write): string =>
  `${asked} ${verb} ${object} by ${manager}`;

type Event = Testimony['events'][number];

const isEnd = ({ type }: Event): boolean => /^Apply(Succeeded|Failed|Errored|Aborted)$/.test(type);

/** The apply that announced one of our writes, still under way when it was asked for. */
const announcementOf = (write: Write, { events, plans }: Testimony): Event | undefined => {
  const starts = events.filter(
    ({ type, recordedtime }) => type === 'ApplyStarted' && recordedtime <= write.asked,
  );
  return starts.findLast((start) => {
    const ended = events.find((event) => isEnd(event) && event.data.attempt === start.data.attempt);
    if (ended && ended.recordedtime < write.asked) return false;
    // Where we keep what is applied, and the name of it, belongs to every apply.
    if (write.object.split('/')[1] === system || write.object === `namespaces//${system}`) return true;
    const operations = plans.get(start.data.plan as string)?.plan.operations ?? [];
    return operations.some(({ object }) => trailName(object) === write.object);
  });
};

/** When the record had what an apply did: at its end, or that of the one that took up what was killed. */
const endOf = ({ subject, time }: Event, { events }: Testimony): string =>
  events.find((event) => isEnd(event) && event.subject === subject && event.time >= time)?.time ?? '9';

/** The fields that we had applied last and that a foreign write made something else, or took away. */
export const touched = (write: Write, trail: AuditTrail): readonly Field[] | 'gone' => {
  const applied = trail
    .of(write.object)
    .findLast((one) => one.answered < write.answered && one.userAgent === ourAgent);
  const ours = ourFields(applied?.after);
  if (ours.length === 0) return [];
  if (!write.after) return write.before ? 'gone' : [];
  return ours.filter(
    (field) => JSON.stringify(valueAt(write.before, field)) !== JSON.stringify(valueAt(write.after, field)),
  );
};

const isOf = (write: Write, one: { readonly object: ObjectRef }): boolean =>
  trailName(one.object) === write.object;

const isBy = (write: Write, { manager }: { readonly manager?: string }): boolean =>
  manager === undefined || manager === write.manager;

const isAt = (field: Field, path: string): boolean => keysOf(field).startsWith(keysOfPath(path));

/** Whether what is drifted of an object is what a write made of a field. */
const shows = (entry: DriftedObject | undefined, field: Field, write: Write): boolean =>
  entry?.fields.some(
    (one) =>
      isAt(field, one.path) &&
      isBy(write, one) &&
      JSON.stringify(one.to) === JSON.stringify(valueAt(write.after, field)),
  ) === true;

/** Whether a word of drift tells of a field of a write, or of the whole object, as what came and went before it. */
const tellsMeanwhile = ({ data }: Event, write: Write, field: Field | undefined): boolean =>
  ((data.meanwhile ?? []) as readonly Change[]).some(
    (one) =>
      isOf(write, one) &&
      isBy(write, one) &&
      Math.abs(Date.parse(one.at) - Date.parse(write.answered)) < seenWithinMs &&
      (one.path === undefined || (field !== undefined && isAt(field, one.path))),
  );

/** The target that a write is of, as its events are called: each application of this fleet has a namespace of its name. */
const targetOf = ({ object }: Write): string => {
  const [, namespace, name] = object.split('/');
  return `ev.cluster.witness.target.default.${namespace === '' ? name : namespace}`;
};

/** The record of what a foreign write did to our fields: drift by its manager, or that it undid drift before the next write. */
const recordOf = (write: Write, fields: readonly Field[] | 'gone', testimony: Testimony, until: string) =>
  testimony.events.find((event) => {
    const { type, time, data, subject } = event;
    const isDrift = type === 'DriftDetected' || type === 'DriftHealed';
    if (!isDrift || subject !== targetOf(write) || time < write.asked.slice(0, 23)) return false;
    const isUndone = type === 'DriftHealed' && data.by === 'cluster' && data.manager === write.manager;
    if (isUndone && time <= until) return true;
    const entry = ((data.objects ?? []) as readonly DriftedObject[]).find((one) => isOf(write, one));
    if (fields === 'gone')
      return (entry && entry.change !== 'changed') === true || tellsMeanwhile(event, write, undefined);
    return fields.every((field) => shows(entry, field, write) || tellsMeanwhile(event, write, field));
  });

/** The plan that named what a foreign write had made its own, and took it back: what is written while an apply is under way. */
const planOver = (write: Write, fields: readonly Field[] | 'gone', { events, plans }: Testimony) =>
  events.find(({ type, time, data, subject }) => {
    if (type !== 'ApplyStarted' || subject !== targetOf(write)) return false;
    if (time < write.asked.slice(0, 23) || fields === 'gone') return false;
    const operations = plans.get(data.plan as string)?.plan.operations ?? [];
    const taken = operations.find((one) => isOf(write, one))?.takeovers ?? [];
    return fields.every((field) =>
      taken.some(
        ({ manager, paths }) => manager === write.manager && paths.some((path) => isAt(field, path)),
      ),
    );
  });

/** Whether what a write did was over before anybody who had been away looked again. */
const wasUnseen = (write: Write, trail: AuditTrail, { gaps }: Testimony): boolean => {
  const after = trail.of(write.object).find(({ asked }) => asked > write.answered);
  return gaps.some(({ from }) => {
    const back = trail.looks.find(({ at, resource }) => at > from && resource === resourceOf(write.object));
    const isWithin = write.answered >= from && (!back || write.asked <= back.at);
    return isWithin && after !== undefined && (!back || after.answered <= back.at);
  });
};

/** Holds the record against each write that the API server wrote down of what the product manages. */
export const explain = (trail: AuditTrail, testimony: Testimony): Verdict => {
  const counts = { ours: 0, foreign: 0, touching: 0, taken: 0, unseen: 0 };
  const unexplained: string[] = [];
  const toldAt = new Map<Write, string>();
  for (const write of trail.writes) {
    if (write.userAgent === ourAgent) {
      counts.ours += 1;
      const announcement = announcementOf(write, testimony);
      if (announcement) toldAt.set(write, endOf(announcement, testimony));
      else unexplained.push(`not announced: ${nameOf(write)}`);
      continue;
    }
    if (
      ourFields(write.before).length === 0 &&
      !trail.of(write.object).some((one) => one.userAgent === ourAgent)
    )
      continue;
    counts.foreign += 1;
    const fields = touched(write, trail);
    if (fields.length === 0) continue;
    counts.touching += 1;
    const next = trail.of(write.object).find(({ asked }) => asked > write.answered);
    const record = recordOf(write, fields, testimony, next?.answered ?? '9');
    const plan = record ? undefined : planOver(write, fields, testimony);
    if (plan) counts.taken += 1;
    const told = record ?? plan;
    if (told) toldAt.set(write, told.time);
    else if (wasUnseen(write, trail, testimony)) counts.unseen += 1;
    else
      unexplained.push(
        `no drift says it: ${nameOf(write)}: ${fields === 'gone' ? 'gone' : fields.map(keysOf).join(', ')}`,
      );
  }
  return { counts, unexplained, toldAt };
};

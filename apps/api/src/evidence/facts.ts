import { decodeToken, type PlanDocument } from '@syncline/events';
import type { LoggedEvent } from '@syncline/read-models';

/** Something that was said of a plan: when, where in the log, by whom. */
export type Said = {
  readonly type: string;
  readonly at: string;
  readonly position: string;
  readonly actor: string;
  readonly text: string;
};

/** What became of one plan on one cluster. */
export type PlanFacts = {
  readonly cluster: string;
  readonly plan: string;
  readonly draftedAt: string;
  /** Undefined where the blob is not there. */
  readonly document?: PlanDocument | undefined;
  /** The blob of the manifests that the plan was made from. */
  readonly manifests: string;
  readonly approvals: readonly Said[];
  readonly applies: readonly Said[];
  readonly health: readonly Said[];
  readonly isApproved: boolean;
  readonly isApplied: boolean;
  readonly isHealthy: boolean;
};

export type Commit = {
  readonly revision: string;
  readonly repository: string;
  readonly message: string;
  readonly author: string;
  readonly committer: string;
  readonly committedAt: string;
  /** The good signature that the repository requires: format, key, and whether commit or tag bears it. */
  readonly signature?: { readonly format: string; readonly bears: string; readonly key: string };
};

/** All that is recorded of one revision of one application. */
export type Facts = {
  readonly project: string;
  readonly application: string;
  readonly commit: Commit;
  readonly plans: readonly PlanFacts[];
  /** Clusters on which the revision was found to change nothing. */
  readonly unchanged: readonly string[];
  readonly events: readonly LoggedEvent[];
};

type Data = Readonly<Record<string, unknown>>;
const dataOf = (event: LoggedEvent): Data => event.data as Data;
const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
const clusterOf = ({ subject }: LoggedEvent): string => {
  const [, kind, token = ''] = subject.split('.');
  return kind === 'plan' || kind === 'cluster' ? decodeToken(token) : '';
};

const counted = (counts: unknown): string =>
  Object.entries((counts ?? {}) as Record<string, number>)
    .filter(([, many]) => many > 0)
    .map(([what, many]) => `${many} ${what}`)
    .join(', ');

type Cause = { readonly object: { readonly kind: string; readonly name: string }; readonly message: string };
const causesOf = ({ objects }: Data): readonly string[] =>
  ((objects ?? []) as readonly Cause[]).map(
    ({ object, message }) => `${object.kind} ${object.name}: ${message}`,
  );

const textOf = (event: LoggedEvent): string => {
  const data = dataOf(event);
  switch (event.type) {
    case 'PlanApproved':
    case 'PlanRejected':
      return [text(data.by), text(data.reason)].filter(Boolean).join(': ');
    case 'ObjectsApplied':
    case 'ObjectsPruned':
      return counted(data.outcomes);
    case 'HealthTransitioned':
      return [`${text(data.from)} → ${text(data.to)}`, ...causesOf(data)].join('; ');
    default:
      return text(data.reason);
  }
};

const saidBy = (event: LoggedEvent): Said => ({
  ...{ type: event.type, at: event.time, position: event.position, actor: event.actor },
  text: textOf(event),
});

const approvalTypes = ['PlanApproved', 'PlanRejected', 'PlanSuperseded', 'PlanExpired', 'PlanInvalidated'];
const applyTypes = [
  'ApplyStarted', 'ObjectsApplied', 'ObjectsPruned', 'ApplySucceeded', 'ApplyFailed', 'ApplyErrored', 'ApplyAborted', 'PlanFoundStale',
]; // prettier-ignore

const planFacts = (drafted: LoggedEvent, events: readonly LoggedEvent[]): PlanFacts => {
  const { plan, manifests } = dataOf(drafted) as { plan: string; manifests: { digest: string } };
  const own = events.filter((event) => dataOf(event).plan === plan);
  const of = (types: readonly string[]) => own.filter(({ type }) => types.includes(type)).map(saidBy);
  const last = own.findLast(({ type }) => type === 'HealthTransitioned');
  return {
    ...{ cluster: clusterOf(drafted), plan, draftedAt: drafted.time, manifests: manifests.digest },
    approvals: of(approvalTypes),
    applies: of(applyTypes),
    health: of(['HealthTransitioned']),
    isApproved: own.some(({ type }) => type === 'PlanApproved'),
    isApplied: own.some(({ type }) => type === 'ApplySucceeded'),
    isHealthy: last !== undefined && dataOf(last).to === 'Current',
  };
};

/** The commit as it was seen; undefined where it was not seen among these events. */
const commitOf = (events: readonly LoggedEvent[], revision: string): Commit | undefined => {
  const seen = events.find((one) => one.type === 'RevisionDetected' && dataOf(one).revision === revision);
  if (!seen) return undefined;
  const data = dataOf(seen) as Data & {
    readonly author: { readonly person: string };
    readonly committer: { readonly person: string; readonly at: string };
    readonly signature?: Commit['signature'];
  };
  return {
    ...{ revision, repository: text(data.repository), message: text(data.message) },
    ...{ author: data.author.person, committer: data.committer.person, committedAt: data.committer.at },
    ...(data.signature && {
      signature: {
        format: data.signature.format,
        bears: data.signature.bears,
        key: data.signature.key,
      },
    }),
  };
};

/**
 * The facts that events of a change say of one revision; undefined where the commit is not among them, or those of `seen`: what
 * runs again was seen long before.
 */
export const factsOf = (
  { project, application }: { readonly project: string; readonly application: string },
  revision: string,
  events: readonly LoggedEvent[],
  seen: readonly LoggedEvent[] = events,
): Facts | undefined => {
  const commit = commitOf(seen, revision);
  if (!commit) return undefined;
  const of = (type: string) =>
    events.filter((event) => event.type === type && dataOf(event).revision === revision);
  return {
    ...{ project, application, commit, events },
    plans: of('PlanDrafted').map((drafted) => planFacts(drafted, events)),
    unchanged: [...new Set(of('PlanUnchanged').map(clusterOf))].sort(),
  };
};

/** Why what is recorded does not show that the revision was approved, applied and healthy everywhere; empty where it does. */
export const shortcomings = ({ plans, unchanged }: Facts): readonly string[] => {
  const newest = new Map(plans.map((one) => [one.cluster, one]));
  const found = [...newest.values()].flatMap((one) => [
    ...(one.isApproved ? [] : [`${one.cluster}: no approval of plan ${one.plan.slice(0, 12)}`]),
    ...(one.isApplied ? [] : [`${one.cluster}: plan ${one.plan.slice(0, 12)} was not applied to its end`]),
    ...(one.isApplied && !one.isHealthy ? [`${one.cluster}: it is not Current as applied`] : []),
  ]);
  return newest.size + unchanged.length === 0 ? ['it was planned for no cluster'] : found;
};

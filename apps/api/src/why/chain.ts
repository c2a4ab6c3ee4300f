import { encodeToken, type RecordedManifests } from '@syncline/events';
import type { ApprovalRow, LoggedEvent, RevisionRow } from '@syncline/read-models';

/** The steps by which what runs came to run, and the one by which a later revision was found to change nothing. */
export const steps = [
  'health', 'unchanged', 'apply', 'approval', 'plan', 'request', 'rollout', 'configuration', 'revision', 'commit',
] as const; // prettier-ignore

/** One link of the chain: what, in a sentence, when (RFC 3339), and the event that says it. `by` is a rule, a person's id or a service. */
export type Step = {
  readonly step: (typeof steps)[number];
  readonly sentence: string;
  readonly at: string;
  readonly position?: string;
  readonly by?: string;
};

/** What a chain is made of: all of it had happened by the instant that is asked about. */
export type ChainFacts = {
  readonly cluster: string;
  readonly plan: string;
  /** The revision that the target is at, where that is another than the plan's: it was found unchanged. */
  readonly revision: string;
  readonly events: readonly LoggedEvent[];
  readonly approvals: readonly ApprovalRow[];
  readonly commit?: RevisionRow | undefined;
  /** Names of people by their ids, as far as they may be shown. */
  readonly nameOf: (actor: string) => string | undefined;
};

type Data = Readonly<Record<string, unknown>>;

const short = (revision: unknown): string => String(revision).slice(0, 7);
const headline = (message: string): string => message.split('\n', 1)[0] ?? '';
const dataOf = (event: LoggedEvent): Data => event.data as Data;

const counted = (counts: unknown): string => {
  const parts = Object.entries((counts ?? {}) as Record<string, number>).filter(([, many]) => many > 0);
  return parts.length === 0 ? 'nothing to do' : parts.map(([what, many]) => `${many} ${what}`).join(', ');
};

/** What a plan will do: `1 to configure, 2 unchanged`. */
const intended = (actions: unknown): string => {
  const parts = Object.entries((actions ?? {}) as Record<string, number>).filter(([, many]) => many > 0);
  const told = parts.map(([what, many]) =>
    what === 'unchanged' ? `${many} unchanged` : `${many} to ${what}`,
  );
  return told.length === 0 ? 'nothing to do' : told.join(', ');
};

const requestReasons: Readonly<Record<string, string>> = {
  rollout: 'a rollout came to this cluster',
  stale: 'the live state had moved, and the plan before no longer fitted',
  'cluster-returned': 'the cluster came back',
  retry: 'somebody asked to try again',
  heal: 'what was live had drifted, and is put back',
  resumed: 'the application was resumed',
  capabilities: 'what the cluster serves had changed',
  'replay-ended': 'what Git wants was to run again in place of the record',
};
const rolloutReasons: Readonly<Record<string, string>> = {
  revision: 'the revision changes what the application is made from',
  declaration: 'its declaration changed',
  placement: 'the fleet changed',
};

const who = (by: string, nameOf: ChainFacts['nameOf']): string => {
  const name = nameOf(by);
  if (name !== undefined) return name;
  const [kind = '', ...rest] = by.split(':');
  return `${kind} ${rest.join(':').slice(0, 40)}`.trim();
};

const stepOf = (step: Step['step'], event: LoggedEvent, sentence: string): Step => ({
  ...{ step, sentence, at: event.time, position: event.position, by: event.actor },
});

const outcomeText = (events: readonly LoggedEvent[], plan: string): string => {
  const totals: Record<string, number> = {};
  for (const event of events) {
    if (event.type !== 'ObjectsApplied' && event.type !== 'ObjectsPruned') continue;
    if (dataOf(event).plan !== plan) continue;
    for (const [what, many] of Object.entries(dataOf(event).outcomes as Record<string, number>))
      totals[what] = (totals[what] ?? 0) + many;
  }
  return counted(totals);
};

/** Why a plan was asked for; of what comes from the record, by whom and why that runs again. */
const requestText = ({ reason, recorded }: Data, nameOf: ChainFacts['nameOf']): string => {
  const asked = requestReasons[String(reason)];
  if (!recorded) return asked ?? String(reason);
  const { kind, plan, cluster, by, reason: because } = recorded as RecordedManifests;
  const what =
    kind === 'replay' ? `plan ${plan.slice(0, 12)} of ${cluster} to run again` : 'objects to be brought back';
  const wish = `${who(by, nameOf)} wants ${what}${because === undefined ? '' : `: ${because}`}`;
  return asked === undefined ? wish : `${asked}; ${wish}`;
};

const ofTarget = ({ cluster, plan, events, revision, nameOf }: ChainFacts): readonly Step[] => {
  const own = events.filter(
    ({ subject }) =>
      subject.startsWith(`ev.plan.${encodeToken(cluster)}.`) ||
      subject.startsWith(`ev.cluster.${encodeToken(cluster)}.target.`),
  );
  const last = (type: string, of = plan) =>
    own.findLast((one) => one.type === type && dataOf(one).plan === of);
  const health = last('HealthTransitioned');
  const unchanged = own.findLast((one) => one.type === 'PlanUnchanged' && dataOf(one).revision === revision);
  const applied = last('ApplySucceeded');
  const drafted = last('PlanDrafted');
  const requested = drafted && own.findLast((one) => one.type === 'PlanRequested' && isBefore(one, drafted));
  const text = plan.slice(0, 12);
  return [
    ...(health ? [stepOf('health', health, `It was ${String(dataOf(health).to)} as applied.`)] : []),
    ...(unchanged && (!applied || isBefore(applied, unchanged))
      ? [stepOf('unchanged', unchanged, `${short(revision)} was found to change nothing of it.`)]
      : []),
    ...(applied ? [stepOf('apply', applied, `Plan ${text} was applied: ${outcomeText(own, plan)}.`)] : []),
    ...(drafted ? [stepOf('plan', drafted, planText(text, dataOf(drafted)))] : []),
    ...(requested
      ? [stepOf('request', requested, `A plan was asked for: ${requestText(dataOf(requested), nameOf)}.`)]
      : []),
  ];
};

const planText = (plan: string, { actions, needs }: Data): string => {
  const asked =
    Array.isArray(needs) && needs.length > 0 ? ` It needed a person: ${needs.map(String).join(' ')}` : '';
  return `Plan ${plan} was made: ${intended(actions)}.${asked}`;
};

const placeOf = ({ position }: LoggedEvent): readonly [number, number] => {
  const [sequence = 0, index = 0] = position.split('.').map(Number);
  return [sequence, index];
};
const isBefore = (a: LoggedEvent, b: LoggedEvent): boolean => {
  const [[first, one], [second, other]] = [placeOf(a), placeOf(b)];
  return first < second || (first === second && one < other);
};

const ofChange = ({ events, commit, plan }: ChainFacts): readonly Step[] => {
  const drafted = events.find((one) => one.type === 'PlanDrafted' && dataOf(one).plan === plan);
  const rollout = events.find(
    (one) => one.type === 'RolloutStarted' && drafted && dataOf(one).rollout === dataOf(drafted).rollout,
  );
  const revision = drafted ? dataOf(drafted).revision : commit?.revision;
  const accepted = events.find(
    (one) => one.type === 'ConfigurationAccepted' && dataOf(one).revision === revision,
  );
  const why = rollout && (rolloutReasons[String(dataOf(rollout).reason)] ?? String(dataOf(rollout).reason));
  return [
    ...(rollout ? [stepOf('rollout', rollout, `A rollout of ${short(revision)} began: ${why ?? ''}.`)] : []),
    ...(accepted
      ? [
          stepOf(
            'configuration',
            accepted,
            `The configuration of ${short(revision)} was accepted: ${String(dataOf(accepted).applications)} applications, ${String(dataOf(accepted).affected)} affected.`,
          ),
        ]
      : []),
  ];
};

const ofCommit = ({ commit, nameOf }: ChainFacts): readonly Step[] => {
  if (!commit) return [];
  const { revision, repository, author, committedAt, message, reverts } = commit;
  const undone = reverts.length === 0 ? '' : ` It reverts ${reverts.map(short).join(', ')}.`;
  return [
    {
      step: 'revision',
      sentence: `${short(revision)} was seen on ${repository}.`,
      at: commit.occurredAt,
      position: `${commit.sequence}.${commit.index}`,
      by: 'service:git-watcher',
    },
    {
      step: 'commit',
      sentence: `${nameOf(author) ?? 'A forgotten person'} committed "${headline(message)}".${undone}`,
      at: committedAt,
      by: `person:${author}`,
    },
  ];
};

const ofApprovals = ({ approvals, nameOf }: ChainFacts): readonly Step[] => {
  const granted = approvals.findLast(({ decision }) => decision === 'grant');
  if (!granted) return [];
  const { decidedBy: by, reason, occurredAt: at, sequence, index } = granted;
  const because = reason === null ? '' : `: ${reason}`;
  const sentence = `It was approved by ${who(by, nameOf)}${because}.`;
  return [{ step: 'approval', sentence, at, position: `${sequence}.${index}`, by }];
};

/** From what runs back to who committed it: each step once, the last first. Pure. */
export const chainOf = (facts: ChainFacts): readonly Step[] => {
  const all = [...ofTarget(facts), ...ofApprovals(facts), ...ofChange(facts), ...ofCommit(facts)];
  return all.sort((a, b) => steps.indexOf(a.step) - steps.indexOf(b.step));
};

import { revisionRefusals } from '@syncline/events';
import type {
  ApplicationRow,
  ClusterRow,
  FleetStateRow,
  ParkedRow,
  PlanRow,
  RepositoryRow,
  RolloutRow,
} from '@syncline/read-models';

/** What holds a target, by a word for programs. */
export const holders = [
  'cluster-lost', 'pause', 'parked', 'fetch-failed', 'revision-refused', 'configuration-rejected', 'render-failed', 'plan-refused',
  'approval', 'rejected', 'observe', 'cluster', 'apply-failed', 'apply-errored', 'drift', 'unhealthy', 'rollout-halted', 'replay',
] as const; // prettier-ignore

/** One thing that keeps a target from what it should be: in a sentence, since when (RFC 3339), and what would free it. */
export type Hold = {
  readonly by: (typeof holders)[number];
  readonly sentence: string;
  readonly since: string;
  readonly free: string;
};

/** Everything that is looked at to say what holds a target. */
export type Facts = {
  readonly target: FleetStateRow;
  readonly application: ApplicationRow;
  /** Who paused it, as people know them. */
  readonly pausedBy?: string | undefined;
  readonly repository?: RepositoryRow | undefined;
  readonly cluster?: ClusterRow | undefined;
  /** Who asked for what it runs of the record, as people know them. */
  readonly replayedBy?: string | undefined;
  /** The newest plan of the target, where it has one. */
  readonly plan?: PlanRow | undefined;
  readonly rollout?: RolloutRow | undefined;
  /** Subjects of this application, its repository or this target that a reaction cannot go on with. */
  readonly parked: readonly ParkedRow[];
};

type Rule = (facts: Facts) => Hold | readonly Hold[] | undefined;

const short = (text: string): string => text.slice(0, 12);
const told = (message: string | null, otherwise: string): string =>
  message === null || message === '' ? otherwise : message;

const isAgents = ({ cluster, applier }: ClusterRow): boolean => applier === `agent-${cluster}`;

const clusterLost: Rule = ({ cluster }) =>
  cluster?.state === 'Lost'
    ? {
        by: 'cluster-lost',
        sentence: `The API server of ${cluster.cluster} is out of reach: ${told(cluster.reason, 'no reason is known')}.`,
        since: cluster.since,
        free: isAgents(cluster)
          ? `It goes on by itself when its agent is back and reaches it; syncline cluster add ${cluster.cluster} --agent makes another.`
          : 'It goes on by itself when the API server answers again.',
      }
    : undefined;

const paused: Rule = ({ application: { application, pause }, pausedBy }) =>
  pause
    ? {
        by: 'pause',
        sentence: `${application} is paused by ${pausedBy ?? pause.by}: ${pause.reason}.`,
        since: pause.since,
        free: `syncline resume ${application}`,
      }
    : undefined;

const parked: Rule = ({ parked: all }) =>
  all.map(({ service, reaction, subject, reason, attempts, occurredAt }) => ({
    by: 'parked' as const,
    sentence: `${service} gave up on ${subject} in its reaction ${reaction} after ${attempts} tries: ${reason}.`,
    since: occurredAt,
    free: `Mend what it names, then: syncline log resume ${service} ${reaction} ${subject}`,
  }));

/** What mends a repository that is not followed, by the class of what is wrong. */
const mendRepository = (repository: string, failure: string): string => {
  if (failure === 'host-key') return `Compare the fingerprints: syncline repo trust ${repository}`;
  if (failure === 'refused') return `Give it another credential: syncline repo credential ${repository}`;
  return `Mend the repository or its registration (syncline repo add ${repository}); it is looked at again at each poll.`;
};

const notFollowed: Rule = ({ repository: row }) => {
  if (!row?.failure) return undefined;
  const { repository, failure } = row;
  const { class: kind, reason, since } = failure;
  if (revisionRefusals.some((one) => one === kind))
    return {
      ...{ by: 'revision-refused', since },
      sentence: `${repository} stands at a revision that is refused (${kind}): ${reason} What runs stays.`,
      free: `Push a revision that one of its signers signed, or name others: syncline repo add ${repository} … --require-signed`,
    };
  return {
    ...{ by: 'fetch-failed', since },
    sentence: `${repository} cannot be fetched (${kind}): ${reason.replace(/\.$/, '')}. What runs stays.`,
    free: mendRepository(repository, kind),
  };
};

const configurationRejected: Rule = ({ repository }) => {
  const configuration = repository?.configuration;
  if (!configuration || configuration.accepted) return undefined;
  const [first] = configuration.errors ?? [];
  const where = first ? `${first.file}:${first.line}  ${first.reason}` : 'its errors are in the log';
  return {
    ...{ by: 'configuration-rejected', since: configuration.since },
    sentence: `The configuration of ${configuration.revision.slice(0, 7)} was rejected, the one before stays in force: ${where}`,
    free: 'Mend it in Git: syncline validate shows the same before a push.',
  };
};

const awaitingApproval: Rule = ({ target, plan }) =>
  target.sync === 'AwaitingApproval' && plan
    ? {
        by: 'approval',
        sentence: `Plan ${short(plan.plan)} waits for a person${plan.needs.length > 0 ? `: ${plan.needs.join(' ')}` : ', as the application asks for in sync.mode'}`,
        since: plan.draftedAt,
        free: `Look with syncline plan ${target.application} --cluster ${target.cluster}, then: syncline approve ${short(plan.plan)}`,
      }
    : undefined;

const planRefused: Rule = ({ target, plan }) =>
  target.sync === 'Failed' && plan?.state === 'Refused'
    ? {
        by: 'plan-refused',
        sentence: `Plan ${short(plan.plan)} can only be looked at: ${plan.refused.join(' ')}`,
        since: plan.draftedAt,
        free: 'Mend it in Git, or in the cluster and then: syncline retry ' + target.application,
      }
    : undefined;

const failed: Rule = ({ target, plan }) => {
  if (target.sync !== 'Failed' || plan?.state === 'Refused') return undefined;
  const wasApplied = target.plan !== null;
  return {
    by: wasApplied ? 'apply-failed' : 'render-failed',
    sentence: told(target.message, wasApplied ? 'The apply failed.' : 'The manifests cannot be made.'),
    since: target.since,
    free: wasApplied
      ? `Mend it in Git, or in the cluster and then: syncline retry ${target.application}`
      : 'Mend it in Git: syncline validate shows the same before a push.',
  };
};

const held: Rule = ({ target, application, plan }) => {
  if (target.sync !== 'Held' || application.pause || target.message === target.replay?.sentence)
    return undefined;
  const { since, message, application: name } = target;
  if (target.mode === 'observe')
    return {
      ...{ by: 'observe', since, sentence: 'The application is only observed: nothing of it is applied.' },
      free: 'Set sync.mode to approval or automatic in Git.',
    };
  if (plan?.state === 'Rejected')
    return {
      ...{ by: 'rejected', since, sentence: `Plan ${short(plan.plan)} was rejected: ${told(message, '')}` },
      free: `A newer revision, or: syncline retry ${name}`,
    };
  return {
    ...{ by: 'cluster', since, sentence: told(message, 'The cluster cannot be asked for a dry run.') },
    free: `It is tried again by itself; at once with: syncline retry ${name}`,
  };
};

const replayed: Rule = ({ target, replayedBy }) => {
  const { replay, application } = target;
  if (!replay) return undefined;
  const sentence = replay.sentence.split('; ')[0] ?? '';
  return {
    ...{ by: 'replay', since: replay.since },
    sentence: `It ${sentence}, asked for by ${replayedBy ?? replay.by}${replay.reason === null ? '' : `: ${replay.reason}`}.`,
    free: `Another commit that changes it, or: syncline replay --end ${application}`,
  };
};

const applyErrored: Rule = ({ target }) =>
  target.sync === 'Applying' && target.message !== null
    ? {
        by: 'apply-errored',
        sentence: `The apply broke off and is tried again: ${target.message}`,
        since: target.since,
        free: 'It goes on by itself; the applier’s log says more.',
      }
    : undefined;

const drifted: Rule = ({ target }) =>
  target.sync === 'Drifted'
    ? {
        by: 'drift',
        sentence: told(target.message, 'What is live is not what was applied.'),
        since: target.since,
        free: 'Undo it in the cluster, or let Syncline: sync.drift: heal in Git.',
      }
    : undefined;

const unhealthy: Rule = ({ target }) =>
  target.sync === 'InSync' && target.health !== 'Current' && target.health !== 'Suspended'
    ? {
        by: 'unhealthy',
        sentence: `It is applied and ${target.health}: ${told(target.message, 'no object says why')}`,
        since: target.since,
        free: `syncline resources ${target.application} --cluster ${target.cluster} shows its objects and their events.`,
      }
    : undefined;

const rolloutHalted: Rule = ({ target, rollout }) =>
  rollout?.haltedBy && rollout.haltedBy.cluster !== target.cluster && target.sync !== 'InSync'
    ? {
        ...{ by: 'rollout-halted', since: rollout.haltedBy.since },
        sentence: `The rollout is halted by ${rollout.haltedBy.cluster}: ${rollout.haltedBy.reason}`,
        free: `What frees ${rollout.haltedBy.cluster}: syncline why ${target.application} --cluster ${rollout.haltedBy.cluster}`,
      }
    : undefined;

const rules: readonly Rule[] = [
  clusterLost, paused, parked, awaitingApproval, planRefused, failed, held, replayed, applyErrored, drifted, unhealthy, rolloutHalted,
  notFollowed, configurationRejected,
]; // prettier-ignore

/** What holds a target, the nearest first; empty where nothing does. Pure. */
export const holdsOf = (facts: Facts): readonly Hold[] => rules.flatMap((rule) => rule(facts) ?? []);

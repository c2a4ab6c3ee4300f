import { decodeMessage, encodeEvent, subjects } from '@syncline/events';
import type { DomainEvent, LogEntry } from '@syncline/kernel';

export const revisionA = 'a'.repeat(40);
export const revisionB = 'b'.repeat(40);
export const planA = '1'.repeat(64);
export const planB = '2'.repeat(64);
export const planC = '3'.repeat(64);
const digest = 'd'.repeat(64);
const blob = { digest, size: 1, mediaType: 'application/json' };

/** The declaration of the application that stories are about. */
export const checkoutSpec = {
  project: 'default',
  name: 'checkout',
  labels: {},
  source: { repository: 'fleet', path: 'apps/checkout' },
  renderer: 'plain' as const,
  namespace: 'checkout',
  placement: { clusters: { matchLabels: {} }, overrides: [] },
  sync: {
    mode: 'automatic' as const,
    prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } },
  },
  health: { timeoutSeconds: 300 },
};
const targetSpec = {
  repository: 'fleet',
  path: 'apps/checkout',
  renderer: 'plain',
  namespace: 'checkout',
  substitute: {},
  patches: [],
  mode: 'automatic',
  prune: checkoutSpec.sync.prune,
  healthTimeoutSeconds: 300,
};

/** One decision of a story. */
export type Decision = {
  readonly subject: string;
  readonly events: readonly DomainEvent[];
  readonly actor?: string;
  readonly correlationId?: string;
};

const begin = Date.parse('2026-05-04T14:31:00.000Z');

/** What an applier says is said by it, or is not believed. */
const writerOf = (subject: string): string =>
  subject.startsWith('ev.cluster.') ? 'service:applier' : 'service:test';

/** The bytes of a decision as they stand in the log. */
export const bytesOf = (
  { subject, events, actor, correlationId }: Decision,
  sequence: number,
): Uint8Array => {
  const time = new Date(begin + sequence * 1_000 - 137).toISOString();
  const envelope = {
    source: '/syncline/test',
    subject,
    time,
    actor: actor ?? writerOf(subject),
    correlationId: correlationId ?? 'c-0',
  };
  const encoded = events.map((event, index) =>
    encodeEvent(event, { ...envelope, id: `${sequence}.${index}` }),
  );
  return new TextEncoder().encode(JSON.stringify(encoded));
};

/** A decision as the log gives it out, recorded a moment after it happened. */
export const entryOf = (decision: Decision, sequence: number): LogEntry => {
  const recorded = begin + sequence * 1_000;
  const recordedAt = new Date(recorded).toISOString();
  const bytes = bytesOf(decision, sequence);
  const message = {
    sequence,
    subject: decision.subject,
    recordedAt,
    recordedAtNs: BigInt(recorded) * 1_000_000n,
    bytes,
  };
  return { message, events: decodeMessage(bytes, sequence, recordedAt) };
};

const plan = subjects.plan('prod-eu', 'default', 'checkout');
const target = subjects.target('prod-eu', 'default', 'checkout');
const person = 'ab'.repeat(12);

export const registered: Decision = {
  subject: subjects.repository('fleet'),
  events: [
    {
      type: 'RepositoryRegistered',
      data: {
        repository: 'fleet', url: 'https://git.example.com/fleet.git', ref: { kind: 'branch', name: 'main' },
        paths: ['apps'], include: ['**'], pollSeconds: 30,
      },
    },
  ],
}; // prettier-ignore

export const joined = (
  cluster: string,
  labels: Readonly<Record<string, string>> = { tier: 'production', a: 'b' },
): Decision => ({
  subject: subjects.fleet(cluster),
  events: [
    {
      type: 'ClusterRegistered',
      data: { cluster, labels, applier: 'hub', recipient: 'age1x' },
    },
  ],
});
export const connected = (cluster: string): Decision => ({
  subject: subjects.link(cluster),
  events: [{ type: 'ClusterConnected', data: { cluster, kubernetesVersion: 'v1.34.0' } }],
});
export const lost = (cluster: string): Decision => ({
  subject: subjects.link(cluster),
  events: [
    {
      type: 'ClusterLost',
      data: { cluster, class: 'unreachable', reason: 'connection refused', since: '2026-05-04T14:31:30Z' },
    },
  ],
});

export const detected = (revision: string, correlationId: string): Decision => ({
  subject: subjects.repository('fleet'),
  correlationId,
  events: [
    {
      type: 'RevisionDetected',
      data: {
        repository: 'fleet', ref: { kind: 'branch', name: 'main' }, revision, tree: revision, parents: [],
        author: { person, at: '2026-05-04T14:30:00+02:00' }, committer: { person, at: '2026-05-04T14:30:00+02:00' },
        message: 'Raise the cart limit\u0000\ud800', forced: false, reverts: [], pack: blob,
      },
    },
  ],
}); // prettier-ignore

export const accepted = (revision: string, correlationId: string): Decision => ({
  subject: subjects.configuration('fleet'),
  correlationId,
  events: [
    {
      type: 'ConfigurationAccepted',
      data: { repository: 'fleet', revision, configuration: blob, applications: 1, affected: 1 },
    },
  ],
});

export const declared = (revision: string, correlationId: string, rollout: string): Decision => ({
  subject: subjects.application('default', 'checkout'),
  correlationId,
  events: [
    { type: 'ApplicationDeclared', data: { spec: checkoutSpec, revision } },
    {
      type: 'RolloutStarted',
      data: {
        rollout, repository: 'fleet', revision, reason: 'revision', spec: checkoutSpec,
        waves: [{ name: 'all', clusters: ['prod-eu'] }], labels: { 'prod-eu': {} }, released: [],
      },
    },
    { type: 'WaveOpened', data: { rollout, revision, wave: 0, name: 'all', clusters: ['prod-eu'] } },
  ],
}); // prettier-ignore

export const requested = (revision: string, correlationId: string, rollout: string): Decision => ({
  subject: plan,
  correlationId,
  events: [{ type: 'PlanRequested', data: { rollout, revision, reason: 'rollout', spec: targetSpec } }],
});

const draft = (revision: string, rollout: string, digestOfPlan: string, needs: readonly string[]) => ({
  type: 'PlanDrafted',
  data: {
    rollout, revision, plan: digestOfPlan, change: digest, document: blob, manifests: blob, render: digest,
    actions: { create: 2 }, certainties: { confirmed: 2 }, predicted: false, needs, refused: [],
  },
}); // prettier-ignore

/** The deployment of plan A runs again on the target in place of another revision; `c-9` is the change. */
export const replayed = (instead: string): Decision => ({
  subject: plan,
  correlationId: 'c-9',
  events: [
    {
      type: 'ReplayRequested',
      data: {
        rollout: 'r-2',
        revision: revisionA,
        plan: planA,
        cluster: 'prod-eu',
        instead,
        by: 'person:p-1',
      },
    },
    {
      type: 'PlanRequested',
      data: {
        ...{ rollout: 'r-2', revision: revisionA, reason: 'replay', spec: targetSpec },
        recorded: {
          ...{
            kind: 'replay',
            plan: planA,
            cluster: 'prod-eu',
            render: planC,
            namespace: 'checkout',
            instead,
          },
          ...{ manifests: { digest: planC, size: 1, mediaType: 'application/json' }, by: 'person:p-1' },
          ...{ reason: 'orders fail', since: '2026-05-04T14:31:08.000Z' },
        },
      },
    },
  ],
});

export const approvedByRule = (
  revision: string,
  correlationId: string,
  rollout: string,
  p: string,
): Decision => ({
  subject: plan,
  correlationId,
  events: [
    draft(revision, rollout, p, []),
    { type: 'PlanApproved', data: { rollout, revision, plan: p, by: 'rule:automatic' } },
  ],
});
export const drafted = (revision: string, correlationId: string, rollout: string, p: string): Decision => ({
  subject: plan,
  correlationId,
  events: [draft(revision, rollout, p, ['the plan removes 1 object'])],
});
export const approvedByPerson = (
  revision: string,
  correlationId: string,
  rollout: string,
  p: string,
): Decision => ({
  subject: plan,
  correlationId,
  actor: `person:${person};auth=token`,
  events: [
    { type: 'PlanApproved', data: { rollout, revision, plan: p, by: `person:${person}`, reason: 'seen' } },
  ],
});

export const applyStarted = (revision: string, correlationId: string, p: string): Decision => ({
  subject: target,
  correlationId,
  events: [
    {
      type: 'ApplyStarted',
      data: { attempt: `try-${p.slice(0, 4)}`, plan: p, revision, fence: 1, operations: { create: 2 } },
    },
  ],
});
export const applySucceeded = (revision: string, correlationId: string, p: string): Decision => ({
  subject: target,
  correlationId,
  events: [
    {
      type: 'ObjectsApplied',
      data: { attempt: `try-${p.slice(0, 4)}`, plan: p, revision, outcomes: { created: 2 }, results: blob },
    },
    {
      type: 'ApplySucceeded',
      data: {
        attempt: `try-${p.slice(0, 4)}`,
        plan: p,
        revision,
        inventory: blob,
        render: digest,
        manifests: blob,
      },
    },
  ],
});
export const healthIs = (to: string, revision: string, correlationId: string, p: string): Decision => ({
  subject: target,
  correlationId,
  events: [
    {
      type: 'HealthTransitioned',
      data: { revision, plan: p, from: 'Unknown', to, objects: [], objectCount: 0 },
    },
  ],
});
/** A drift of a target, and which; the only target of the story where nothing else is said. */
export type DriftOf = {
  readonly application?: string;
  readonly cluster?: string;
  readonly firstSeen?: string;
  readonly flaps?: number;
};
const driftBegan = '2026-05-04T14:00:00.000Z';
const drifting = ({ application = 'checkout', cluster = 'prod-eu', firstSeen = driftBegan }: DriftOf) => ({
  subject: subjects.target(cluster, 'default', application),
  correlationId: 'c-1',
  data: { revision: revisionA, plan: planA, firstSeen },
});

/** Somebody scaled the Deployment of the application to this. */
export const drifted = (to: number, { flaps = 0, ...of }: DriftOf = {}): Decision => {
  const { data, ...decision } = drifting(of);
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'checkout', name: 'web' };
  const field = { path: '/spec/replicas', change: 'changed', from: 2, to, manager: 'kubectl-edit' };
  const objects = [{ object, change: 'changed', fields: [field], fieldCount: 1 }];
  const said = { ...data, objects, objectCount: 1, document: blob, flaps };
  return { ...decision, events: [{ type: 'DriftDetected', data: said }] };
};
export const undrifted = (by: string, of: DriftOf = {}, more: object = {}): Decision => {
  const { data, ...decision } = drifting(of);
  return {
    ...decision,
    events: [{ type: 'DriftHealed', data: { ...data, lifetimeSeconds: 4.5, by, ...more } }],
  };
};

export const completed = (revision: string, correlationId: string, rollout: string): Decision => ({
  subject: subjects.application('default', 'checkout'),
  correlationId,
  events: [
    { type: 'WaveCompleted', data: { rollout, revision, wave: 0, name: 'all' } },
    { type: 'RolloutCompleted', data: { rollout, revision } },
  ],
});
export const unchanged = (revision: string, correlationId: string, rollout: string): Decision => ({
  subject: plan,
  correlationId,
  events: [{ type: 'PlanUnchanged', data: { rollout, revision, render: digest } }],
});
export const released: Decision = {
  subject: plan,
  events: [{ type: 'TargetReleased', data: { reason: 'placement', revision: revisionB } }],
};

/** An application that is declared and has no target yet. */
export const applicationDeclared = (name: string): Decision => ({
  subject: subjects.application('default', name),
  events: [{ type: 'ApplicationDeclared', data: { spec: { ...checkoutSpec, name }, revision: revisionA } }],
});

/** From the first registration to a revision that is Current, one that a person approves, and a cluster that goes and comes. */
export const wholeStory: readonly Decision[] = [
  registered,
  joined('prod-eu'),
  connected('prod-eu'),
  detected(revisionA, 'c-1'),
  accepted(revisionA, 'c-1'),
  declared(revisionA, 'c-1', 'r-1'),
  requested(revisionA, 'c-1', 'r-1'),
  approvedByRule(revisionA, 'c-1', 'r-1', planA),
  applyStarted(revisionA, 'c-1', planA),
  applySucceeded(revisionA, 'c-1', planA),
  healthIs('Current', revisionA, 'c-1', planA),
  completed(revisionA, 'c-1', 'r-1'),
  detected(revisionB, 'c-2'),
  accepted(revisionB, 'c-2'),
  declared(revisionB, 'c-2', 'r-2'),
  requested(revisionB, 'c-2', 'r-2'),
  drafted(revisionB, 'c-2', 'r-2', planB),
  approvedByPerson(revisionB, 'c-2', 'r-2', planB),
  lost('prod-eu'),
  connected('prod-eu'),
  applyStarted(revisionB, 'c-2', planB),
  applySucceeded(revisionB, 'c-2', planB),
  healthIs('InProgress', revisionB, 'c-2', planB),
  healthIs('Current', revisionB, 'c-2', planB),
  completed(revisionB, 'c-2', 'r-2'),
];

/** The story as the log gives it out. */
/** What comes of {@link replayed} to its end, told after the whole story. */
export const replayedStory: readonly Decision[] = [
  replayed(revisionB),
  drafted(revisionA, 'c-9', 'r-2', planC),
  approvedByRule(revisionA, 'c-9', 'r-2', planC),
  applySucceeded(revisionA, 'c-9', planC),
];

export const entriesOf = (decisions: readonly Decision[]): readonly LogEntry[] =>
  decisions.map((decision, at) => entryOf(decision, at + 1));

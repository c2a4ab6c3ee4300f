import {
  diffRequest,
  encodeToken,
  manifestsDocument,
  parseTargetSubject,
  subjects,
  type DiffDocument,
  type DiffRequest,
  type Health,
  type Manifest,
  type Operation,
  type PlanEvent,
  type TargetEvent,
  type TargetName,
} from '@syncline/events';
import type { Agent } from '@syncline/event-store';
import {
  canonicalJson,
  clusterOwner,
  CommandRefused,
  digestOf,
  type Aggregate,
  type BlobRef,
  type EventLog,
  type StoredEvent,
} from '@syncline/kernel';

type ObjectOf = Operation['object'];

/** Appends what a test wants to have happened, without a rule of its own. */
export const recorder = <Event extends { readonly type: string; readonly data: unknown }>(
  name: string,
): Aggregate<null, readonly Event[], Event> => ({
  name: `test-${name}`,
  version: 1,
  decider: { initial: null, decide: (_, events) => events, evolve: (state) => state },
});

const targetOf = (subject: string): TargetName => {
  const target = parseTargetSubject(subject);
  if (!target) throw new Error(`${subject} is no target's`);
  return target;
};

const targets = recorder<TargetEvent>('target');

const objectOf = (manifest: Manifest): ObjectOf => {
  const { apiVersion, kind, metadata } = manifest as {
    apiVersion: string;
    kind: string;
    metadata: { name: string; namespace?: string };
  };
  const { name, namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) };
};

const operation = (
  action: Operation['action'],
  object: ObjectOf,
  more: Partial<Operation> = {},
): Operation => ({
  kind: 'kubernetes',
  action,
  certainty: 'confirmed',
  object,
  changes: [],
  ...more,
});

/**
 * Plays the applier at the edge: clusters whose objects live in memory, dry runs by comparison. What it is told to refuse
 * or to be silent about it refuses or is silent about.
 */
export class ApplierPeer {
  readonly diffs: DiffRequest[] = [];
  readonly #held = new Map<string, Map<string, Manifest>>();
  readonly #applied = new Map<string, { readonly plan: string; readonly revision: string }>();
  readonly #stops = new Map<string, () => Promise<void>>();
  readonly #following = new AbortController();
  /** Refuses an object of this name in a dry run. */
  refuses: string | undefined;
  /** Where it refuses that; everywhere where nothing is said. */
  refusesOn: string | undefined;
  /** The health that an apply ends with. */
  health: Health = 'Current';
  /** How far its clock is ahead of ours, in milliseconds. */
  aheadMs = 0;
  /** Awaited before each answer to a dry run. */
  beforeAnswer: (cluster: string) => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly agent: Agent,
    private readonly clusters: readonly string[],
    /** Where it sees approvals; an applier itself reacts to them. */
    private readonly log: EventLog,
  ) {}

  async start(): Promise<void> {
    for (const cluster of this.clusters) await this.reach(cluster);
  }

  /** The cluster answers dry runs. */
  async reach(cluster: string): Promise<void> {
    const stop = await this.agent.clusterAnswers.serve(cluster, 'diff', (payload) =>
      this.#diff(cluster, payload),
    );
    this.#stops.set(cluster, stop);
  }

  /** Nobody answers for the cluster. */
  async lose(cluster: string): Promise<void> {
    await this.#stops.get(cluster)?.();
  }

  /** Applies each approved plan as it comes, until stopped. */
  async follow(): Promise<void> {
    for await (const { events } of this.log.follow({ subjects: ['ev.plan.>'] }, this.#following.signal)) {
      for (const event of events) if (event.type === 'PlanApproved') await this.apply(event);
    }
  }

  stop(): void {
    this.#following.abort();
  }

  objects(cluster: string, application: string): readonly Manifest[] {
    return [...(this.#held.get(`${cluster}/${application}`)?.values() ?? [])];
  }

  /** Somebody changes a data field of a ConfigMap that was applied, and the applier sees it. */
  async drift(planSubject: string, name: string, to: string): Promise<void> {
    const manifest = this.#edit(planSubject, name, to);
    const { cluster, application } = targetOf(planSubject);
    const document = await this.#put(cluster, { drifted: name, to });
    const field = { path: '/data/value', change: 'changed' as const, to, manager: 'kubectl-edit' };
    const object = { object: objectOf(manifest), change: 'changed' as const, fields: [field], fieldCount: 1 };
    const { plan, revision } = this.#applied.get(`${cluster}/${application}`) ?? { plan: '', revision: '' };
    const at = { firstSeen: new Date().toISOString(), objectCount: 1, document, flaps: 0 };
    await this.say(planSubject, `drift-${plan.slice(0, 8)}`, {
      type: 'DriftDetected',
      data: { plan, revision, objects: [object], ...at },
    });
  }

  /** Somebody puts back what had drifted. */
  async undrift(planSubject: string, name: string, to: string): Promise<void> {
    this.#edit(planSubject, name, to);
    const { cluster, project, application } = targetOf(planSubject);
    const subject = subjects.target(cluster, project, application);
    const events = (await this.agent.log.read(subject)).flatMap(
      (one) => one.events,
    ) as readonly TargetEvent[];
    const drifted = events.findLast((event) => event.type === 'DriftDetected');
    if (!drifted) throw new Error(`${application} has not drifted on ${cluster}`);
    const { plan, revision, firstSeen } = drifted.data;
    await this.say(planSubject, 'undrift', {
      type: 'DriftHealed',
      data: { plan, revision, firstSeen, lifetimeSeconds: 1, by: 'cluster' },
    });
  }

  /** What a target's applier says. */
  async say(planSubject: string, correlationId: string, ...events: TargetEvent[]): Promise<void> {
    const { cluster, project, application } = targetOf(planSubject);
    const occurredAt = new Date(Date.now() + this.aheadMs).toISOString();
    const cause = { actor: 'service:applier', correlationId, occurredAt };
    await this.agent.aggregates.decide(
      targets,
      subjects.target(cluster, project, application),
      events,
      cause,
    );
  }

  async apply(approved: StoredEvent): Promise<void> {
    const { plan, revision } = approved.data as { plan: string; revision: string };
    const { cluster, application } = targetOf(approved.subject);
    const entries = await this.agent.log.read(approved.subject);
    const drafted = entries
      .flatMap(({ events }) => events as readonly StoredEvent<PlanEvent>[])
      .find((event) => event.type === 'PlanDrafted' && event.data.plan === plan);
    if (drafted?.type !== 'PlanDrafted') throw new Error(`plan ${plan} was never drafted`);
    const { manifests, render } = drafted.data;
    await this.agent.blobs.get(clusterOwner(encodeToken(cluster)), plan);
    const objects = await this.#manifests(cluster, manifests.digest);
    this.#held.set(
      `${cluster}/${application}`,
      new Map(objects.map((one) => [canonicalJson(objectOf(one)), one])),
    );
    this.#applied.set(`${cluster}/${application}`, { plan, revision });
    const attempt = { attempt: `${cluster}-${plan.slice(0, 8)}`, plan, revision };
    const health = { revision, plan, from: 'Unknown' as const, to: this.health, objects: [], objectCount: 0 };
    const say = (event: TargetEvent) => this.say(approved.subject, approved.correlationId, event);
    await say({ type: 'ApplyStarted', data: { ...attempt, fence: 1, operations: {} } });
    await say({ type: 'ApplySucceeded', data: { ...attempt, inventory: manifests, render, manifests } });
    await say({ type: 'HealthTransitioned', data: health });
  }

  #edit(planSubject: string, name: string, value: string): Manifest {
    const { cluster, application } = targetOf(planSubject);
    const held = this.#held.get(`${cluster}/${application}`);
    const [key, manifest] = [...(held ?? [])].find(([, one]) => objectOf(one).name === name) ?? [];
    if (key === undefined || !manifest) throw new Error(`${application} holds no ${name} on ${cluster}`);
    held?.set(key, { ...manifest, data: { value } });
    return manifest;
  }

  async #diff(cluster: string, payload: unknown): Promise<unknown> {
    const request = diffRequest.parse(payload);
    this.diffs.push(request);
    await this.beforeAnswer(cluster);
    const objects = await this.#manifests(cluster, request.manifests.digest);
    const held = this.#held.get(`${cluster}/${request.application}`) ?? new Map<string, Manifest>();
    const wanted = new Map(objects.map((one) => [canonicalJson(objectOf(one)), one]));
    const document: DiffDocument = {
      version: 1,
      operations: [
        ...[...wanted].map(([key, manifest]) => this.#operation(cluster, manifest, held.get(key))),
        ...[...held].filter(([key]) => !wanted.has(key)).map(([, one]) => operation('prune', objectOf(one))),
      ],
      inventory: held.size,
    };
    return { diff: await this.#put(cluster, document) };
  }

  #put(cluster: string, document: unknown): Promise<BlobRef> {
    const bytes = new TextEncoder().encode(canonicalJson(document));
    return this.agent.blobs.put(clusterOwner(encodeToken(cluster)), bytes, 'application/json');
  }

  #operation(cluster: string, manifest: Manifest, held: Manifest | undefined): Operation {
    const object = objectOf(manifest);
    if (object.name === this.refuses && (this.refusesOn ?? cluster) === cluster) {
      const refusal = { code: 'invalid', reason: 'field not declared in schema', field: '.spec.replicsa' };
      return operation('configure', object, { certainty: 'refused', refusal });
    }
    if (!held) return operation('create', object, { after: digestOf(manifest) });
    return canonicalJson(held) === canonicalJson(manifest)
      ? operation('unchanged', object)
      : operation('configure', object, { uid: `uid-${object.name}`, after: digestOf(manifest) });
  }

  async #manifests(cluster: string, digest: string): Promise<readonly Manifest[]> {
    const bytes = await this.agent.blobs.get(clusterOwner(encodeToken(cluster)), digest);
    return manifestsDocument.parse(JSON.parse(new TextDecoder().decode(bytes))).objects;
  }
}

/** An applier's answer while its cluster's API server is out of reach. */
export const unreachable = (cluster: string): CommandRefused =>
  new CommandRefused('cluster-unreachable', `The API server of ${cluster} does not answer.`);

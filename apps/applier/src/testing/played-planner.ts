import { fleetAggregate, planAggregate } from '@syncline/domain';
import type { Hub } from '@syncline/event-store';
import {
  diffAnswer,
  diffDocument,
  encodeToken,
  subjects,
  type DiffDocument,
  type Manifest,
  type PlanDocument,
  type TargetSpec,
} from '@syncline/events';
import {
  canonicalJson,
  clusterOwner,
  digestOf,
  formatPosition,
  sha256Hex,
  type BlobRef,
} from '@syncline/kernel';
import { seal } from '@syncline/sealing';

/** What a test wants of a target. `secrets` are values by reference. */
export type Wanted = {
  readonly application: string;
  readonly revision: string;
  readonly objects: readonly Manifest[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly mode?: TargetSpec['mode'];
  readonly healthTimeoutSeconds?: number;
};

/** A plan that stands in the log. */
export type Drafted = { readonly plan: string; readonly document: PlanDocument; readonly diff: DiffDocument };

/** How a test lets a plan be other than it should. */
export type Tampering = {
  /** What is stored as the plan's document, while the log names the digest of the honest one. */
  readonly document?: (honest: PlanDocument) => unknown;
  /** What is stored as manifests with the plan, while the dry run saw the honest ones. */
  readonly manifests?: (honest: BlobRef) => Promise<BlobRef>;
};

const project = 'default';
const story = (revision: string): string => `change-${revision.slice(0, 7)}`;

/** Appends what a planner and api would, with their rights, for one cluster. */
export class PlayedPlanner {
  constructor(
    private readonly planner: Hub,
    private readonly api: Hub,
    readonly cluster: string,
    private readonly recipient: string,
  ) {}

  /** Registers the cluster with a kubeconfig that is sealed to the applier. */
  async register(kubeconfig: string, served: readonly string[] = [this.cluster]): Promise<void> {
    await this.api.servedClusters.assign('hub', served);
    const sealed = await seal(new TextEncoder().encode(kubeconfig), [this.recipient]);
    const credential = await this.#put(sealed);
    const { cluster, recipient } = this;
    const data = { cluster, labels: {}, applier: 'hub', recipient, credential };
    const cause = { actor: 'person:p1', correlationId: `register-${cluster}` };
    await this.api.aggregates.decide(
      fleetAggregate,
      subjects.fleet(cluster),
      { type: 'register', data },
      cause,
    );
  }

  async remove(): Promise<void> {
    const data = { cluster: this.cluster };
    const cause = { actor: 'person:p1', correlationId: `remove-${this.cluster}` };
    await this.api.aggregates.decide(
      fleetAggregate,
      subjects.fleet(this.cluster),
      { type: 'remove', data },
      cause,
    );
  }

  /** Asks for a plan; what came before is superseded. */
  async request(wanted: Wanted): Promise<string> {
    const spec: TargetSpec = {
      repository: 'fleet',
      path: wanted.application,
      renderer: 'plain',
      namespace: wanted.application,
      substitute: {},
      patches: [],
      mode: wanted.mode ?? 'automatic',
      prune: { enabled: true, budget: { maxObjects: 100, maxPercent: 100 } },
      healthTimeoutSeconds: wanted.healthTimeoutSeconds ?? 60,
    };
    const { revision } = wanted;
    const { position } = await this.planner.aggregates.decide(
      planAggregate,
      this.#subject(wanted),
      { type: 'request', reason: 'rollout', rollout: `rollout-${revision}`, revision, spec },
      { actor: 'service:planner', correlationId: story(revision) },
    );
    return formatPosition(position);
  }

  /** Stores manifests under the cluster's owner, their Secret values sealed to the applier. */
  async store({ objects, secrets }: Pick<Wanted, 'objects' | 'secrets'>): Promise<BlobRef> {
    const sealed = secrets && (await this.#put(await seal(this.#json(secrets), [this.recipient])));
    return this.#put(this.#json({ version: 1, objects, ...(sealed && { secrets: sealed }) }));
  }

  /** A dry run by the applier. */
  async diff(wanted: Wanted, manifests: BlobRef): Promise<DiffDocument> {
    const { application } = wanted;
    const prune = { enabled: true, budget: { maxObjects: 100, maxPercent: 100 } };
    const request = { project, application, namespace: application, manifests, prune };
    const answer = diffAnswer.parse(await this.planner.clusterCalls.call(this.cluster, 'diff', request));
    if ('inline' in answer) return answer.inline;
    const bytes = await this.planner.blobs.get(clusterOwner(encodeToken(this.cluster)), answer.diff.digest);
    return diffDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
  }

  /** Request, dry run and draft; approved by rule where the mode is automatic. */
  async plan(wanted: Wanted, tampering: Tampering = {}): Promise<Drafted> {
    const cause = await this.request(wanted);
    const manifests = await this.store(wanted);
    const diff = await this.diff(wanted, manifests);
    const document: PlanDocument = {
      version: 1,
      project,
      application: wanted.application,
      destination: { kind: 'cluster', name: this.cluster },
      repository: 'fleet',
      revision: wanted.revision,
      cause,
      render: digestOf(wanted.objects),
      namespace: wanted.application,
      predicted: false,
      operations: diff.operations,
      prune: { enabled: true, budget: { maxObjects: 100, maxPercent: 100 } },
      inventory: diff.inventory,
      policies: digestOf([]),
    };
    await this.#draft(wanted, document, manifests, tampering);
    return { plan: digestOf(document), document, diff };
  }

  async approve({ application, revision }: Pick<Wanted, 'application' | 'revision'>, plan: string) {
    await this.planner.aggregates.decide(
      planAggregate,
      this.#subject({ application }),
      { type: 'approve', plan, by: 'person:p1' },
      { actor: 'person:p1', correlationId: story(revision) },
    );
  }

  async release(application: string): Promise<void> {
    await this.planner.aggregates.decide(
      planAggregate,
      this.#subject({ application }),
      { type: 'release', reason: 'retired', revision: 'f'.repeat(40) },
      { actor: 'service:planner', correlationId: 'change-release' },
    );
  }

  async #draft(wanted: Wanted, document: PlanDocument, honest: BlobRef, tampering: Tampering): Promise<void> {
    const stored = tampering.document ? tampering.document(document) : document;
    const draft = {
      plan: digestOf(document),
      change: digestOf(document.operations),
      document: await this.#put(this.#json(stored)),
      manifests: tampering.manifests ? await tampering.manifests(honest) : honest,
      render: document.render,
      actions: {},
      certainties: {},
      predicted: false,
      needs: [],
      refused: [],
    };
    await this.planner.aggregates.decide(
      planAggregate,
      this.#subject(wanted),
      { type: 'draft', request: document.cause, draft },
      { actor: 'service:planner', correlationId: story(wanted.revision) },
    );
  }

  #subject({ application }: { readonly application: string }): string {
    return subjects.plan(this.cluster, project, application);
  }

  #json(value: unknown): Uint8Array {
    return new TextEncoder().encode(canonicalJson(value));
  }

  async #put(bytes: Uint8Array): Promise<BlobRef> {
    const owner = clusterOwner(encodeToken(this.cluster));
    const ref = await this.planner.blobs.put(owner, bytes, 'application/octet-stream');
    if (ref.digest !== sha256Hex(bytes)) throw new Error('a blob has another digest than its bytes');
    return ref;
  }
}

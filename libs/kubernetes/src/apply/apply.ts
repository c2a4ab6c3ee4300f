import pLimit from 'p-limit';

import type { KubernetesOperation, PlanDocument } from '@syncline/events';

import type {
  ApplyOutcome,
  ApplySteps,
  InventoryEntry,
  ObjectResult,
  TargetManifests,
} from '../cluster-client.js';
import { eyesOf, findLeftovers, prepareWith, type Workbench } from '../dry-run/diff.js';
import type { Served } from '../dry-run/examine.js';
import { unwantedEntries } from '../dry-run/prune-candidates.js';
import { findResource } from '../discovery/resource-path.js';
import { isKubernetesError } from '../kubernetes-error.js';
import { identityOf } from '../objects/kube-object.js';
import type { Wanted } from '../objects/wanted.js';
import { ApplyEnd, endedBy, failed } from './apply-end.js';
import { writeApplySet } from './apply-set.js';
import { carryOut } from './carry-out.js';
import { waitUntilEstablished } from './established.js';
import { Inventory } from './inventory.js';
import { matchPlan, type Matched } from './matched.js';
import { inOrder, inPruneOrder, waveOf } from './order.js';
import { pruneObject } from './prune.js';
import type { Hands } from './writing.js';

const definitionWave = 1;

/** One apply of one plan. */
class Apply {
  readonly #results: ObjectResult[] = [];
  readonly #inventory: Inventory;
  readonly #hands: Hands;
  #done = 0;

  constructor(
    private readonly bench: Workbench,
    private readonly target: TargetManifests,
    private readonly plan: PlanDocument,
    former: readonly InventoryEntry[],
    private readonly steps: ApplySteps,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#inventory = new Inventory(former);
    this.#hands = { ...eyesOf(bench, signal), judge: { owner: target, hmacKey: bench.hmacKey } };
  }

  async run(): Promise<ApplyOutcome> {
    try {
      const wanted = await prepareWith(this.target, this.bench, this.signal);
      const { matched, prunes } = matchPlan(this.plan, wanted);
      await this.#applyAll(matched, wanted);
      await this.#pruneAll(prunes, wanted);
      return { status: 'succeeded', inventory: this.#inventory.entries() };
    } catch (error) {
      return this.#outcomeOf(error);
    }
  }

  /** Applies what the plan has, and tells what was done even where it ends early. */
  async #applyAll(matched: readonly Matched[], wanted: readonly Wanted[]): Promise<void> {
    try {
      if (matched.some(({ operation }) => operation.action !== 'unchanged')) {
        await this.#checkpoint();
        await writeApplySet(this.bench, this.target, wanted, this.signal);
      }
      for (const group of inOrder(matched.map((one) => ({ ...one, ...one.wanted }))))
        await this.#applyGroup(group);
    } finally {
      if (this.#results.length > 0 || matched.length === 0) await this.steps.applied([...this.#results]);
    }
  }

  async #applyGroup(group: readonly Matched[]): Promise<void> {
    await this.#together(group, (one) => this.#applyOne(one));
    const definitions = group.filter(({ wanted }) => waveOf(wanted.object) === definitionWave);
    for (const { wanted } of definitions)
      await waitUntilEstablished(this.bench, this.#served(wanted, wanted.resource), this.signal);
  }

  async #applyOne({ wanted, operation }: Matched): Promise<void> {
    await this.#checkpoint();
    const resource =
      wanted.resource ?? findResource(await this.bench.capability.current(this.signal), wanted.object);
    try {
      const done = await carryOut(operation, this.#served(wanted, resource), this.#hands);
      this.#results.push(done.result);
      if (!wanted.isImplicit || done.result.outcome === 'created') this.#inventory.hold(done);
    } catch (error) {
      if (error instanceof ApplyEnd && error.status !== 'aborted') this.#noteFailure(wanted, error);
      throw error;
    }
    this.steps.progress?.((this.#done += 1), this.plan.operations.length);
  }

  #noteFailure({ object }: Wanted, { code, message }: ApplyEnd): void {
    this.#results.push({ object, outcome: 'failed', error: { code, message } });
  }

  #served(wanted: Wanted, resource: Wanted['resource']): Served {
    if (resource) return { ...wanted, resource };
    throw failed(
      wanted.object,
      'kind-unknown',
      `the cluster serves no ${wanted.object.kind} of ${wanted.object.apiVersion}`,
    );
  }

  /** Deletes what the plan lists, then lets go of entries that are gone or no longer ours. */
  async #pruneAll(prunes: readonly KubernetesOperation[], wanted: readonly Wanted[]): Promise<void> {
    const wantedIds = new Set(wanted.map(({ object }) => identityOf(object)));
    const uids = new Set(
      this.#inventory.entries().flatMap(({ object, uid }) => (wantedIds.has(identityOf(object)) ? uid : [])),
    );
    const pruned: ObjectResult[] = [];
    try {
      for (const operation of inPruneOrder(prunes)) {
        await this.#checkpoint();
        const resource = findResource(await this.bench.capability.current(this.signal), operation.object);
        pruned.push(await pruneObject(operation, resource, uids, this.#hands));
        this.#inventory.release(operation.object);
        this.steps.progress?.((this.#done += 1), this.plan.operations.length);
      }
    } finally {
      if (pruned.length > 0) await this.steps.pruned(pruned);
    }
    await this.#letGo(wanted, uids);
  }

  async #letGo(wanted: readonly Wanted[], uids: ReadonlySet<string>): Promise<void> {
    const unwanted = unwantedEntries(this.#inventory.entries(), wanted, this.target.namespace);
    const leftovers = await findLeftovers(this.bench, unwanted, this.signal);
    const held = new Set(
      leftovers
        .filter((one) => one.live.metadata.uid === one.entry.uid && !uids.has(one.entry.uid))
        .map(({ entry }) => entry),
    );
    for (const entry of unwanted) if (!held.has(entry)) this.#inventory.release(entry.object);
  }

  async #checkpoint(): Promise<void> {
    if (this.signal?.aborted) throw new ApplyEnd('aborted', 'aborted', 'the applier stops');
    const { stop } = await this.steps.checkpoint();
    if (stop !== undefined) throw new ApplyEnd('aborted', 'aborted', stop);
  }

  /** Runs a group at once, bounded. After a failure nothing further begins, and what runs is waited for. */
  async #together<One>(all: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
    const limit = pLimit(this.bench.concurrency);
    const failures: unknown[] = [];
    const guarded = async (one: One): Promise<void> => {
      if (failures.length > 0) return;
      await work(one).catch((error: unknown) => void failures.push(error));
    };
    await Promise.all(all.map((one) => limit(() => guarded(one))));
    if (failures.length > 0) throw failures[0];
  }

  #outcomeOf(error: unknown): ApplyOutcome {
    const inventory = this.#inventory.entries();
    if (this.signal?.aborted)
      return { status: 'aborted', code: 'aborted', reason: 'the applier stops', inventory };
    const end = isKubernetesError(error) ? endedBy(error, error.target) : error;
    if (!(end instanceof ApplyEnd)) throw error;
    const { status, code, message, object } = end;
    return { status, code, reason: message, inventory, ...(object && { object }) };
  }
}

/** Carries out a plan: groups of kinds in their order, prunes last. Repeating it after a crash is safe. */
export const applyPlan = (
  bench: Workbench,
  target: TargetManifests,
  plan: PlanDocument,
  inventory: readonly InventoryEntry[],
  steps: ApplySteps,
  signal?: AbortSignal,
): Promise<ApplyOutcome> => new Apply(bench, target, plan, inventory, steps, signal).run();

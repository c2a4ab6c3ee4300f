import pLimit from 'p-limit';

import type { DiffDocument, KubernetesOperation } from '@syncline/events';

import type { InventoryEntry, PruneRules, TargetManifests } from '../cluster-client.js';
import type { ObjectApi } from '../connection/object-api.js';
import type { Capability } from '../discovery/capability.js';
import { findResource } from '../discovery/resource-path.js';
import { groupOf, identityOf, type KubeObject } from '../objects/kube-object.js';
import { prepare, type Wanted } from '../objects/wanted.js';
import { rejectedBySchema } from './custom-schema.js';
import { examine, type Eyes, type Served } from './examine.js';
import { Neighbourhood } from './neighbourhood.js';
import type { KnownApplied } from './known-applied.js';
import { deferredOperation, judgeExamination, unplannable, type Judge } from './operation.js';
import { pruneOperation, unwantedEntries, whyKept, type Leftover } from './prune-candidates.js';
import { tryElsewhere } from './trial.js';

/** What diff and apply work with. */
export type Workbench = {
  readonly api: ObjectApi;
  readonly capability: Capability;
  readonly hmacKey: Uint8Array;
  readonly known: KnownApplied;
  /** Objects looked at or written at once. */
  readonly concurrency: number;
};

const isNamespace = ({ object }: Wanted): boolean =>
  object.apiVersion === 'v1' && object.kind === 'Namespace';
const isDefinition = ({ object }: Wanted): boolean =>
  groupOf(object.apiVersion) === 'apiextensions.k8s.io' && object.kind === 'CustomResourceDefinition';

/** What a target wants, with discovery asked anew where a kind is unknown: somebody may have brought it meanwhile. */
export const prepareWith = async (
  target: TargetManifests,
  { capability, hmacKey }: Workbench,
  signal?: AbortSignal,
): Promise<Wanted[]> => {
  const wanted = prepare(target, await capability.current(signal), hmacKey);
  const isUnknown = wanted.some(({ resource, refusal }) => !resource && !refusal);
  return isUnknown ? prepare(target, await capability.refresh(signal), hmacKey) : wanted;
};

/** What objects are examined with, for one diff or one apply. */
export const eyesOf = ({ api, capability, known }: Workbench, signal?: AbortSignal): Eyes => ({
  api,
  known,
  around: new Neighbourhood(api, capability),
  signal,
});

/** One diff: namespaces and definitions first, because what they say decides what is deferred. */
class Diff {
  readonly #operations = new Map<Wanted, KubernetesOperation>();
  readonly #limit;

  constructor(
    private readonly bench: Workbench,
    private readonly wanted: readonly Wanted[],
    private readonly judge: Judge,
    private readonly eyes: Eyes,
  ) {
    this.#limit = pLimit(bench.concurrency);
  }

  async operations(): Promise<KubernetesOperation[]> {
    const isFirst = (one: Wanted): boolean => isNamespace(one) || isDefinition(one);
    await this.#decideAll(this.wanted.filter(isFirst));
    await this.#decideAll(this.wanted.filter((one) => !isFirst(one)));
    return this.wanted.flatMap((one) => {
      const operation = this.#operations.get(one);
      return operation && !(one.isImplicit && operation.action !== 'create') ? [operation] : [];
    });
  }

  async #decideAll(wanted: readonly Wanted[]): Promise<void> {
    await Promise.all(
      wanted.map((one) => this.#limit(async () => void this.#operations.set(one, await this.#decide(one)))),
    );
  }

  async #decide(wanted: Wanted): Promise<KubernetesOperation> {
    const { resource, definition } = wanted;
    if (wanted.refusal || (!resource && !definition)) return unplannable(wanted);
    if (!resource) return this.#defer(wanted);
    const served: Served = { ...wanted, resource };
    const isEarly =
      this.#isArriving(isNamespace, wanted.object.namespace) ||
      this.#isArriving(isDefinition, definition?.metadata.name);
    if (isEarly) return this.#defer(served);
    const isHeld = this.judge.former?.has(identityOf(wanted.object)) === true;
    const examination = await examine(
      this.eyes,
      served,
      isHeld || wanted.isImplicit === true ? 'present' : 'absent',
    );
    const operation = judgeExamination(served, examination, this.judge);
    const isRefusedByOldSchema =
      this.#isChanging(definition) && ['schema', 'invalid'].includes(operation.refusal?.code ?? '');
    return isRefusedByOldSchema ? this.#defer(served, examination.live) : operation;
  }

  /** Defers an object to its prerequisite, after what can be said of it now: its CRD's schema, a trial elsewhere. */
  async #defer(wanted: Wanted, live?: KubeObject): Promise<KubernetesOperation> {
    const refusal = wanted.definition
      ? rejectedBySchema(wanted.body, wanted.definition)
      : await tryElsewhere(this.bench.api, wanted, this.eyes.signal);
    return refusal ? unplannable({ ...wanted, refusal }) : deferredOperation(wanted, this.judge, live);
  }

  #isArriving(kind: (wanted: Wanted) => boolean, name: string | undefined): boolean {
    const one = this.wanted.find((candidate) => kind(candidate) && candidate.object.name === name);
    return one !== undefined && this.#operations.get(one)?.action === 'create';
  }

  #isChanging(definition: Wanted['definition']): boolean {
    const name = definition?.metadata.name;
    const one = this.wanted.find((candidate) => isDefinition(candidate) && candidate.object.name === name);
    return one !== undefined && this.#operations.get(one)?.action !== 'unchanged';
  }
}

/** The leftovers of a target as they are live; entries whose object or kind is gone are left out. */
export const findLeftovers = async (
  bench: Workbench,
  entries: readonly InventoryEntry[],
  signal?: AbortSignal,
): Promise<Leftover[]> => {
  const capabilities = await bench.capability.current(signal);
  const limit = pLimit(bench.concurrency);
  const found = await Promise.all(
    entries.map((entry) =>
      limit(async () => {
        const resource = findResource(capabilities, entry.object);
        const live = resource && (await bench.api.find(resource, entry.object, signal));
        return resource && live ? { entry, resource, live } : undefined;
      }),
    ),
  );
  return found.filter((one) => one !== undefined);
};

/** The operations that take a target from its live state to what is wanted; writes nothing. */
export const diffTarget = async (
  bench: Workbench,
  target: TargetManifests,
  inventory: readonly InventoryEntry[],
  prune: PruneRules,
  signal?: AbortSignal,
): Promise<DiffDocument> => {
  const former = new Map(inventory.map((entry) => [identityOf(entry.object), entry]));
  const judge = { owner: target, hmacKey: bench.hmacKey, former };
  const wanted = await prepareWith(target, bench, signal);
  const operations = await new Diff(bench, wanted, judge, eyesOf(bench, signal)).operations();
  const uids = new Set(operations.flatMap(({ uid }) => uid ?? []));
  const unwanted = prune.enabled ? unwantedEntries(inventory, wanted, target.namespace) : [];
  const leftovers = await findLeftovers(bench, unwanted, signal);
  const prunes = leftovers
    .filter((leftover) => whyKept(leftover, uids, judge) === undefined)
    .map((leftover) => pruneOperation(leftover, judge));
  return { version: 1, operations: [...operations, ...prunes], inventory: inventory.length };
};

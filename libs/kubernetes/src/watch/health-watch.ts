import pLimit from 'p-limit';

import type { Health, ObjectName } from '@syncline/events';

import type { DriftWatch, InventoryEntry, ServedResource, TargetHealth } from '../cluster-client.js';
import type { ObjectApi } from '../connection/object-api.js';
import type { Transport } from '../connection/transport.js';
import type { Capability } from '../discovery/capability.js';
import { TargetDrift } from '../drift/target-drift.js';
import { Neighbourhood } from '../dry-run/neighbourhood.js';
import { apiVersionOf } from '../discovery/resource-path.js';
import { healthOfTarget } from '../health/target-health.js';
import type { KubeObject } from '../objects/kube-object.js';
import { ByName } from './by-name.js';
import { KindWatch, localName, type Seen } from './kind-watch.js';
import { PodReasons } from './pod-reasons.js';
import { ServedKinds } from './served-kinds.js';
import { StorageClasses } from './storage-classes.js';
import { namesOf, type Target } from './watched-target.js';

type ObjectHealth = { readonly object: ObjectName; readonly health: Health; readonly message: string };

const coalesceMs = 30;
const looksAtOnce = 8;
/** A kind that no target needs any more is watched for so long: whoever is watched anew needs it again at once. */
const lingerMs = 5_000;
const kindOf = (resource: ServedResource): string => `${apiVersionOf(resource)}/${resource.plural}`;

/** The health and the drift of targets, by one watch per kind that all targets of the cluster share. */
export class HealthWatch {
  readonly #targets = new Map<string, Target>();
  readonly #holders = new ByName<Target>();
  readonly #kinds = new Map<string, { readonly watch: KindWatch; readonly users: Set<Target> }>();
  readonly #pods: PodReasons;
  readonly #classes: StorageClasses;
  readonly #served: ServedKinds;
  readonly #due = new Set<Target>();
  readonly #held = new Set<(resource: string, reason: string | undefined) => void>();
  readonly #limit = pLimit(looksAtOnce);
  readonly #lingering = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly transport: Transport,
    private readonly api: ObjectApi,
    private readonly capability: Capability,
    private readonly hmacKey: Uint8Array,
  ) {
    this.#pods = new PodReasons(transport, (workload) => this.#markNamed(localName(workload)));
    this.#classes = new StorageClasses(transport, () => this.#relook());
    this.#served = new ServedKinds(capability, () => this.#reopen());
  }

  watch(
    key: string,
    entries: readonly InventoryEntry[],
    onHealth: (health: TargetHealth) => void,
    drift?: DriftWatch,
  ): () => void {
    this.#end(this.#targets.get(key));
    const stop = new AbortController();
    const { api, capability, hmacKey } = this;
    const around = { api, capability, neighbourhood: new Neighbourhood(api, capability), hmacKey };
    const target: Target = {
      entries,
      onHealth,
      stop,
      drift: drift && new TargetDrift(entries, drift, { ...around, signal: stop.signal }),
      kinds: [],
      phase: 'opening',
      told: undefined,
    };
    this.#targets.set(key, target);
    this.#holders.add(target, namesOf(target));
    this.#served.hasten();
    void this.#open(target);
    return () => {
      this.#end(target);
      if (this.#targets.get(key) === target) this.#targets.delete(key);
    };
  }

  /** Tells why a resource cannot be watched, and with undefined that it is again; the returned function ends it. */
  onHeld(listener: (resource: string, reason: string | undefined) => void): () => void {
    this.#held.add(listener);
    return () => this.#held.delete(listener);
  }

  /** Other kinds may be served than before: whoever misses one looks again. */
  lookForMissing(): void {
    this.#served.hasten();
  }

  /** Watches everything anew at once, after the server was away. */
  renew(): void {
    for (const { watch } of this.#kinds.values()) watch.renew();
    this.#served.hasten();
  }

  close(): void {
    this.#held.clear();
    for (const target of this.#targets.values()) this.#end(target);
    this.#targets.clear();
    for (const key of [...this.#lingering.keys()]) this.#closeUnused(key);
    this.#pods.close();
    this.#served.close();
  }

  /** Opens the watches that the target needs and does not share yet. */
  async #open(target: Target): Promise<void> {
    const { entries, kinds, stop } = target;
    const resources = await this.#served.find(entries, { afresh: kinds.length === 0, signal: stop.signal });
    if (!resources) return;
    target.kinds = resources.map((resource) => resource && this.#join(resource, target));
    this.#mark(target);
    if (target.kinds.includes(undefined)) this.#served.awaitMissing();
  }

  /** Looks again for the kinds that were missing. */
  #reopen(): void {
    for (const target of this.#targets.values())
      if (target.kinds.includes(undefined)) void this.#open(target);
  }

  #join(resource: ServedResource, target: Target): KindWatch {
    const key = kindOf(resource);
    const existing = this.#kinds.get(key);
    if (existing) {
      existing.users.add(target);
      clearTimeout(this.#lingering.get(key));
      this.#lingering.delete(key);
      return existing.watch;
    }
    const users = new Set([target]);
    const around = (object: KubeObject) => this.#classes.around(object);
    const watch = new KindWatch(this.transport, this.api, resource, around, {
      changed: (name) =>
        name === undefined ? users.forEach((one) => this.#mark(one)) : this.#markNamed(name),
      held: (reason) => this.#tellHeld(resource, reason),
    });
    this.#kinds.set(key, { watch, users });
    return watch;
  }

  #tellHeld({ plural, group }: ServedResource, reason: string | undefined): void {
    for (const listener of this.#held) listener(group === '' ? plural : `${plural}.${group}`, reason);
  }

  #end(target: Target | undefined): void {
    if (!target) return;
    target.stop.abort();
    this.#due.delete(target);
    this.#holders.remove(target, namesOf(target));
    for (const [key, { users }] of this.#kinds) {
      if (!users.delete(target) || users.size > 0) continue;
      this.#lingering.set(key, setTimeout(() => this.#closeUnused(key), lingerMs).unref());
    }
  }

  #closeUnused(key: string): void {
    clearTimeout(this.#lingering.get(key));
    this.#lingering.delete(key);
    this.#kinds.get(key)?.watch.close();
    this.#kinds.delete(key);
  }

  #markNamed(name: string): void {
    for (const target of this.#holders.of(name)) this.#mark(target);
  }

  /** What the claims wait for is known better now. */
  #relook(): void {
    for (const target of this.#targets.values())
      for (const [at, { object }] of target.entries.entries())
        if (object.kind === 'PersistentVolumeClaim') void target.kinds[at]?.look(object);
  }

  /** Many changes at once are judged once. */
  #mark(target: Target): void {
    if (target.stop.signal.aborted || this.#due.has(target)) return;
    this.#due.add(target);
    setTimeout(() => {
      if (this.#due.delete(target)) this.#judge(target);
    }, coalesceMs).unref();
  }

  #judge(target: Target): void {
    if (target.kinds.length < target.entries.length || target.kinds.some((kind) => kind?.isKnown === false))
      return;
    if (target.phase === 'opening') {
      target.phase = 'looking';
      void this.#lookAtUnseen(target);
    }
    if (target.phase !== 'watching') return;
    this.#judgeDrift(target);
    const health = healthOfTarget(target.entries.map((entry, at) => this.#healthOf(entry, target.kinds[at])));
    const told = JSON.stringify(health);
    if (told === target.told) return;
    target.told = told;
    target.onHealth(health);
  }

  #judgeDrift({ drift, entries, kinds }: Target): void {
    drift?.see(
      entries.map((entry, at) => {
        const kind = kinds[at]?.failure ? undefined : kinds[at];
        return { entry, kind, seen: kind?.find(localName(entry.object)) };
      }),
    );
  }

  /** A watch may be behind what an apply just wrote, and does not see what lost its label: those are read once. */
  async #lookAtUnseen(target: Target): Promise<void> {
    const looks = target.entries.map(({ object, generation = 0 }, at) => {
      const kind = target.kinds[at];
      const seen = kind?.find(localName(object));
      return kind && (!seen || seen.generation < generation)
        ? this.#limit(() => kind.look(object))
        : undefined;
    });
    await Promise.all(looks.filter((look) => look !== undefined));
    target.phase = 'watching';
    this.#mark(target);
  }

  #healthOf({ object }: InventoryEntry, kind: KindWatch | undefined): ObjectHealth {
    if (!kind) return { object, health: 'Unknown', message: 'the cluster does not serve its kind' };
    if (kind.failure) return { object, health: 'Unknown', message: kind.failure.message };
    const seen = kind.find(localName(object));
    if (!seen) return { object, health: 'NotFound', message: 'is not there' };
    return { object, health: seen.health, message: this.#messageOf(object, seen) };
  }

  #messageOf(object: ObjectName, { health, message, podLabels }: Seen): string {
    if (!podLabels) return message;
    if (health !== 'InProgress' && health !== 'Failed') {
      this.#pods.forget(object);
      return message;
    }
    return this.#pods.find(object, podLabels) ?? message;
  }
}

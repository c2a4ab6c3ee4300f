import type {
  ApplyOutcome,
  ApplySteps,
  Capabilities,
  ClusterClient,
  ClusterOptions,
  DriftWatch,
  InventoryEntry,
  Link,
  PruneRules,
  ServedNews,
  TargetHealth,
  TargetManifests,
  Trouble,
} from './cluster-client.js';
import type { DiffDocument, ObjectName, PlanDocument, ResourcesAnswer } from '@syncline/events';
import { applyPlan } from './apply/apply.js';
import { findOwn } from './apply/find-own.js';
import { readCredentials } from './connection/credentials.js';
import { ObjectApi } from './connection/object-api.js';
import { Transport } from './connection/transport.js';
import { Capability } from './discovery/capability.js';
import { diffTarget, type Workbench } from './dry-run/diff.js';
import { KnownApplied } from './dry-run/known-applied.js';
import { targetResources } from './resources/target-resources.js';
import { HealthWatch } from './watch/health-watch.js';
import { LinkWatch } from './watch/link-watch.js';
import { ServedWatch } from './watch/served-watch.js';

const defaultConnections = 16;
const mostAtOnce = 8;

class ConnectedCluster implements ClusterClient {
  constructor(
    readonly name: string,
    private readonly transport: Transport,
    private readonly bench: Workbench,
    private readonly watches: {
      readonly health: HealthWatch;
      readonly link: LinkWatch;
      readonly served: ServedWatch;
    },
  ) {}

  capabilities(signal?: AbortSignal): Promise<Capabilities> {
    return this.bench.capability.refresh(signal);
  }

  diff(
    target: TargetManifests,
    inventory: readonly InventoryEntry[],
    prune: PruneRules,
    signal?: AbortSignal,
  ): Promise<DiffDocument> {
    return diffTarget(this.bench, target, inventory, prune, signal);
  }

  apply(
    target: TargetManifests,
    plan: PlanDocument,
    inventory: readonly InventoryEntry[],
    steps: ApplySteps,
    signal?: AbortSignal,
  ): Promise<ApplyOutcome> {
    return applyPlan(this.bench, target, plan, inventory, steps, signal);
  }

  findOwn(
    owner: Pick<TargetManifests, 'project' | 'application'>,
    objects: readonly ObjectName[],
    signal?: AbortSignal,
  ): Promise<readonly InventoryEntry[]> {
    return findOwn(this.bench, owner, objects, signal);
  }

  resources(inventory: readonly InventoryEntry[], signal?: AbortSignal): Promise<ResourcesAnswer> {
    return targetResources(this.bench, inventory, signal);
  }

  watchHealth(
    key: string,
    objects: readonly InventoryEntry[],
    onHealth: (health: TargetHealth) => void,
    drift?: DriftWatch,
  ): () => void {
    return this.watches.health.watch(key, objects, onHealth, drift);
  }

  watchLink(onLink: (link: Link) => void): () => void {
    return this.watches.link.watch(onLink);
  }

  watchServed(onNews: (news: ServedNews) => void): () => void {
    return this.watches.served.watch(onNews);
  }

  watchTrouble(onTrouble: (trouble: Trouble) => void): () => void {
    const ends = [
      this.transport.onThrottle((reason) =>
        onTrouble({ what: 'throttling', ...(reason !== undefined && { reason }) }),
      ),
      this.watches.health.onHeld((resource, reason) =>
        onTrouble({ what: 'watch', resource, ...(reason !== undefined && { reason }) }),
      ),
    ];
    return () => ends.forEach((end) => end());
  }

  async close(): Promise<void> {
    for (const watch of Object.values(this.watches)) watch.close();
    await this.transport.close();
  }
}

/**
 * A client of one cluster; nothing is sent before it is asked something. Throws `kubeconfig-invalid` where the kubeconfig names
 * no cluster.
 */
export const connectCluster = (options: ClusterOptions): ClusterClient => {
  const connections = options.maxConnections ?? defaultConnections;
  const credentials = readCredentials(options.name, options.kubeconfig);
  const transport = new Transport(credentials, connections, options.requestTimeoutMs);
  const capability = new Capability(transport);
  const api = new ObjectApi(transport);
  const bench = {
    api,
    capability,
    hmacKey: options.hmacKey,
    known: new KnownApplied(),
    concurrency: Math.min(connections, mostAtOnce),
  };
  const health = new HealthWatch(transport, api, capability, options.hmacKey);
  const served = new ServedWatch(transport, () => health.lookForMissing());
  const link = new LinkWatch(transport, () => {
    health.renew();
    served.renew();
  });
  return new ConnectedCluster(options.name, transport, bench, { health, link, served });
};

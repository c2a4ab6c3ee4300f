import { targetAggregate, type ConfigurationCommand } from '@syncline/domain';
import {
  planDocument,
  subjects,
  type ConfigurationEvent,
  type DiffAnswer,
  type PlanEvent,
  type PlanDocument,
  type TargetName,
} from '@syncline/events';
import { EventStoreError } from '@syncline/event-store';
import {
  CommandRefused,
  sha256Hex,
  type Aggregates,
  type BlobOwner,
  type BlobRef,
  type BlobStore,
  type ClusterCalls,
} from '@syncline/kernel';
import { RenderError } from '@syncline/render';

import type { Manifests, ManifestsInput } from '../planning/manifests.js';
import { currentMoment, NotRecorded } from './moment.js';

type Recorded<Type extends (PlanEvent | ConfigurationEvent)['type']> = Extract<
  PlanEvent | ConfigurationEvent,
  { type: Type }
>['data'];

/** The recorded event of a type of the decision that is made again. */
const recordedOf = <Type extends (PlanEvent | ConfigurationEvent)['type']>(
  type: Type,
): Recorded<Type> | undefined =>
  currentMoment().recorded.find((event) => event.type === type)?.data as Recorded<Type> | undefined;

/** What a revision declares: its pack is not in an export, so what was read then is believed. */
export const recordedConfiguration = (): ConfigurationCommand => {
  const [accepted, rejected] = [recordedOf('ConfigurationAccepted'), recordedOf('ConfigurationRejected')];
  if (accepted) return { type: 'accept', data: accepted };
  if (rejected) return { type: 'reject', data: rejected };
  throw new NotRecorded('what the revision declares');
};

const nothing: BlobRef = { digest: '', size: 0, mediaType: '' };
const held = { by: 'cluster', reason: '' };

/** What manifests a target had: rendered then from files that are not in an export. */
export class RecordedManifestsOf implements Pick<Manifests, 'make' | 'asksOfCluster'> {
  constructor(private readonly aggregates: Aggregates) {}

  /** Not known without the files; {@link make} says then whether anything else came of it. */
  asksOfCluster(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async make({ target }: Pick<ManifestsInput, 'target'>) {
    const drafted = recordedOf('PlanDrafted');
    if (drafted) return { manifests: drafted.manifests, render: drafted.render };
    const unchanged = recordedOf('PlanUnchanged');
    if (unchanged) return { manifests: nothing, render: unchanged.render };
    const failed = recordedOf('RenderFailed');
    if (failed) throw new RenderError('kustomize-failed', failed.reason, placeOf(failed));
    const { by, reason } = recordedOf('PlanHeld') ?? held;
    if (by === 'artifact') return { status: 'held', by, reason } as const;
    if (recordedOf('PlanHeld')) return { manifests: nothing, render: '' };
    return this.#capabilities(target);
  }

  /** After a cluster said that it serves something else: whether the record holds that a target was planned anew for it. */
  async #capabilities({ cluster, project, application }: TargetName) {
    if (currentMoment().event.type !== 'CapabilitiesObserved') throw new NotRecorded('what was rendered');
    const isOfThis = currentMoment().recorded.some(
      ({ subject }) => subject === subjects.plan(cluster, project, application),
    );
    const target = subjects.target(cluster, project, application);
    const { applied } = (await this.aggregates.load(targetAggregate, target)).state.held;
    return { manifests: nothing, render: isOfThis ? 'another' : (applied?.render ?? '') };
  }
}

const placeOf = ({ file, line }: Recorded<'RenderFailed'>) => ({
  ...(file !== undefined && { file }),
  ...(line !== undefined && { line }),
});

const isSettled = ({ operations }: PlanDocument): boolean =>
  operations.every(({ action, certainty }) => action === 'unchanged' && certainty === 'confirmed');

/** What clusters answered to dry runs: the operations stand in the plan that was made of them. */
export class RecordedCalls implements ClusterCalls {
  constructor(private readonly blobs: BlobStore) {}

  async call<Result>(cluster: string): Promise<Result> {
    return (await this.#answer(`cluster.${cluster}`)) as Result;
  }

  async #answer(owner: BlobOwner): Promise<DiffAnswer> {
    const drafted = recordedOf('PlanDrafted');
    if (drafted) {
      const bytes = await this.blobs.get(owner, drafted.document.digest);
      const plan = planDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
      const { operations, inventory } = plan;
      // A plan of nothing but what is there already was made because the target held nothing yet.
      return { inline: { version: 1, operations, inventory, ...(isSettled(plan) && { holds: 'nothing' }) } };
    }
    if (recordedOf('PlanUnchanged')) return { inline: { version: 1, operations: [], inventory: 0 } };
    const waits = recordedOf('PlanHeld');
    if (waits) throw new CommandRefused('cluster-unreachable', waits.reason);
    const failed = recordedOf('RenderFailed');
    if (failed) throw new CommandRefused('dry-run-refused', failed.reason);
    throw new NotRecorded('what the cluster answered to the dry run');
  }
}

/** Where the bytes of recorded blobs are found; undefined where they are not. */
export type FindBlob = (digest: string) => Promise<Uint8Array | undefined>;

/** The blobs of a record. What would be stored is only named. */
export class RecordedBlobs implements BlobStore {
  constructor(private readonly find: FindBlob) {}

  put(_owner: BlobOwner, bytes: Uint8Array, mediaType: string): Promise<BlobRef> {
    return Promise.resolve({ digest: sha256Hex(bytes), size: bytes.length, mediaType });
  }

  async get(_owner: BlobOwner, digest: string): Promise<Uint8Array> {
    const bytes = await this.find(digest);
    if (bytes) return bytes;
    throw new EventStoreError('blob-missing', `blob ${digest} is not in the record`, digest);
  }
}

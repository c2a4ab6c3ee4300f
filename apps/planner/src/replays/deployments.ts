import {
  encodeToken, manifestsDocument, planDocument, subjects,
  type FleetEvent, type ManifestsDocument, type PlanEvent, type TargetName, type TargetSpec,
} from '@syncline/events'; // prettier-ignore
import {
  AdapterError, BlobStore, CommandRefused, clusterOwner, EventLog, parsePosition, type BlobRef, type StoredEvent,
} from '@syncline/kernel'; // prettier-ignore
import { Inject, Injectable } from '@nestjs/common';

/** A deployment as the record has it: a plan that was carried out on a target, with what it carried out. */
export type Deployment = {
  readonly target: TargetName;
  readonly plan: string;
  readonly revision: string;
  readonly manifests: BlobRef;
  readonly render: string;
  readonly namespace: string;
  readonly document: ManifestsDocument;
  /** What the target was asked to become: the values of its cluster are in the manifests. */
  readonly spec: TargetSpec;
  /** The age public key that values of Secrets were sealed to. */
  readonly recipient: string | undefined;
};

/** Which plan, and the sequence of the message that drafted it. */
export type DeploymentName = TargetName & { readonly plan: string; readonly drafted: number };

type Asked = Extract<PlanEvent, { type: 'PlanRequested' }>;
type Drafted = Extract<PlanEvent, { type: 'PlanDrafted' }>;

const short = (digest: string): string => digest.slice(0, 12);

/** Finds deployments in the log and their manifests among the blobs. Refuses by name what cannot run again. */
@Injectable()
export class Deployments {
  constructor(
    @Inject(EventLog) private readonly log: EventLog,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  async find(name: DeploymentName): Promise<Deployment> {
    const { cluster, project, application, plan, drafted: sequence } = name;
    const drafted = await this.#drafted(name);
    await this.#refuseUnapplied(name);
    const { manifests, render, revision } = drafted;
    const document = manifestsDocument.parse(await this.#read(cluster, plan, manifests.digest));
    const { namespace, cause } = planDocument.parse(await this.#read(cluster, plan, drafted.document.digest));
    const spec = await this.#specAt(name, cause);
    return {
      target: { cluster, project, application },
      ...{ plan, revision, manifests, render, namespace, document, spec },
      recipient: await this.recipientAt(cluster, sequence),
    };
  }

  async #drafted({ cluster, project, application, plan, drafted }: DeploymentName): Promise<Drafted['data']> {
    const subject = subjects.plan(cluster, project, application);
    const isIt = (event: StoredEvent): event is StoredEvent<Drafted> =>
      event.type === 'PlanDrafted' && (event.data as Drafted['data']).plan === plan;
    for await (const { events } of this.log.scan({ subjects: [subject], afterSequence: drafted - 1 })) {
      const found = events.find(isIt);
      if (found) return found.data;
      break;
    }
    throw new CommandRefused(
      'deployment-unknown',
      `${application} has no plan ${short(plan)} on ${cluster}. syncline deployments ${application} lists those that ran.`,
    );
  }

  /** The spec of the request that a plan answered, at its position. */
  async #specAt({ cluster, project, application }: TargetName, cause: string): Promise<TargetSpec> {
    const subject = subjects.plan(cluster, project, application);
    const sequence = parsePosition(cause)?.sequence ?? 0;
    for await (const { events } of this.log.scan({ subjects: [subject], afterSequence: sequence - 1 })) {
      const asked = events.find((event) => event.type === 'PlanRequested') as StoredEvent<Asked> | undefined;
      if (asked) return asked.data.spec;
      break;
    }
    throw new TypeError(`no request stands at ${cause} of ${subject}`);
  }

  /** Only what was carried out to its end is a deployment. */
  async #refuseUnapplied({ cluster, project, application, plan, drafted }: DeploymentName): Promise<void> {
    const subject = subjects.target(cluster, project, application);
    for await (const { events } of this.log.scan({ subjects: [subject], afterSequence: drafted })) {
      const isIt = (event: StoredEvent): boolean =>
        event.type === 'ApplySucceeded' && (event.data as { readonly plan: string }).plan === plan;
      if (events.some(isIt)) return;
    }
    throw new CommandRefused(
      'deployment-not-applied',
      `Plan ${short(plan)} was never carried out to its end on ${cluster}: there is nothing to run again. syncline deployments ${application} lists what was.`,
    );
  }

  /** The applier that a cluster had when a message was recorded. */
  async recipientAt(cluster: string, sequence: number): Promise<string | undefined> {
    const entries = await this.log.read(subjects.fleet(cluster));
    const events = entries
      .filter(({ message }) => message.sequence < sequence)
      .flatMap((entry) => entry.events as readonly StoredEvent<FleetEvent>[]);
    const last = events.findLast((event) => event.type === 'ClusterRegistered');
    return last?.type === 'ClusterRegistered' ? last.data.recipient : undefined;
  }

  async #read(cluster: string, plan: string, digest: string): Promise<unknown> {
    try {
      const bytes = await this.blobs.get(clusterOwner(encodeToken(cluster)), digest);
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch (error) {
      if (!(error instanceof AdapterError && error.code === 'blob-missing')) throw error;
      throw new CommandRefused(
        'deployment-gone',
        `What plan ${short(plan)} carried out is no longer among the blobs of ${cluster} (${short(digest)}). Restore them from a backup, or revert in Git.`,
      );
    }
  }
}

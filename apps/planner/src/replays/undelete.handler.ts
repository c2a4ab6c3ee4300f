import { planAggregate, type Undelete } from '@syncline/domain';
import { encodeToken, subjects, type ManifestsDocument, type TargetName } from '@syncline/events';
import { AnswersCommand, type CommandRequest } from '@syncline/event-store';
import {
  Aggregates, BlobStore, canonicalJson, Clock, clusterOwner, CommandRefused, digestOf,
  type BlobRef, type CommandAnswer, type CommandContext, type Position,
} from '@syncline/kernel'; // prettier-ignore
import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';

import { askedBy } from '../cause.js';
import { outcomeAggregate } from '../rollouts/outcome.js';
import { endingOf } from '../rollouts/progress.js';
import { Deployments } from './deployments.js';
import { PastObjects, type Found, type Undeleted } from './past-objects.js';
import { ReplayTargets } from './replay-targets.js';

const manifestsType = 'application/vnd.syncline.manifests+json';
const undelete = z.object({
  project: z.string(),
  application: z.string(),
  clusters: z.array(z.string()).optional(),
  objects: z.array(z.string()).default([]),
  /** Only say what would be brought back. */
  preview: z.boolean().default(false),
  by: z.string(),
  reason: z.string().max(500).optional(),
});
type Asked = z.infer<typeof undelete>;

const holdsSecrets = ({ manifest }: Found): boolean => JSON.stringify(manifest).includes('syncline-secret:');

/** Every blob of sealed values that manifests refer to. */
const sealedOf = ({ secrets, alsoSecrets = [] }: ManifestsDocument): readonly BlobRef[] => [
  ...(secrets ? [secrets] : []),
  ...alsoSecrets,
];

/** A person brings back what was pruned or deleted, as it was applied last. */
@Controller()
export class UndeleteHandler {
  constructor(
    @Inject(Aggregates) private readonly aggregates: Aggregates,
    @Inject(BlobStore) private readonly blobs: BlobStore,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(ReplayTargets) private readonly targets: ReplayTargets,
    @Inject(PastObjects) private readonly past: PastObjects,
    @Inject(Deployments) private readonly deployments: Deployments,
  ) {}

  @AnswersCommand('undelete')
  async undelete({ payload, context }: CommandRequest): Promise<CommandAnswer> {
    const asked = undelete.parse(payload);
    const { project, application, clusters, objects, preview } = asked;
    const members = await this.targets.members({ project, application }, clusters);
    let position: Position = await this.targets.position(project, application);
    const answer = [];
    for (const cluster of members) {
      const target = { project, application, cluster };
      const undeleted = await this.past.find(target, objects);
      if (!undeleted || undeleted.found.length === 0) continue;
      const { recipient } = await this.targets.changeable(target);
      await this.#refuseSealedElsewhere(target, undeleted, recipient);
      if (!preview) position = await this.#bringBack(target, undeleted, asked, context);
      answer.push({
        cluster,
        objects: undeleted.found.map(({ object, isWanted }) => ({ ...object, isWanted })),
      });
    }
    if (objects.length > 0 && answer.length === 0) {
      throw new CommandRefused(
        'object-unknown',
        `${objects.join(', ')}: nothing of that name was pruned or deleted of ${application}. syncline resources ${application} shows what it holds.`,
      );
    }
    return { position, result: { targets: answer } };
  }

  /** Sealed values can be opened by the applier alone that they were sealed to. */
  async #refuseSealedElsewhere(
    { cluster }: TargetName,
    { found }: Undeleted,
    recipient: string,
  ): Promise<void> {
    for (const one of found.filter(holdsSecrets)) {
      if ((await this.deployments.recipientAt(cluster, one.from.sequence)) === recipient) continue;
      throw new CommandRefused(
        'secrets-sealed-elsewhere',
        `The values of ${one.object.kind} ${one.object.name} are sealed to another applier than ${cluster} has now, and only that one can open them. Put it into Git again.`,
      );
    }
  }

  async #bringBack(
    target: TargetName,
    undeleted: Undeleted,
    { by, reason }: Asked,
    context: CommandContext,
  ): Promise<Position> {
    const { cluster, project, application } = target;
    const { applied, found } = undeleted;
    const who = { by, ...(reason !== undefined && { reason }) };
    const outcome = await this.aggregates.load(
      outcomeAggregate,
      subjects.target(cluster, project, application),
    );
    const ending = endingOf(outcome.state);
    const isBeyond = found.some(({ isWanted }) => !isWanted);
    const command: Undelete = {
      ...{ type: 'undelete', objects: found.map(({ object }) => object), revision: applied.revision, ...who },
      ...(ending && { ending }),
      ...(isBeyond && {
        recorded: {
          ...{ kind: 'undelete', plan: applied.plan, cluster, namespace: applied.namespace, ...who },
          ...(await this.#store(cluster, undeleted)),
          since: this.clock.now().toISOString(),
        },
      }),
    };
    const subject = subjects.plan(cluster, project, application);
    const cause = askedBy(context, context.correlationId ?? subject);
    return (await this.aggregates.decide(planAggregate, subject, command, cause)).position;
  }

  /** What is applied, and behind it what is brought back. */
  async #store(cluster: string, { applied, found }: Undeleted) {
    const back = found.filter(({ isWanted }) => !isWanted);
    const objects = [...applied.document.objects, ...back.map(({ manifest }) => manifest)];
    const sealed = back.filter(holdsSecrets).flatMap(({ from }) => sealedOf(from.document));
    const { secrets, alsoSecrets = [] } = applied.document;
    const also = [...new Map([...alsoSecrets, ...sealed].map((one) => [one.digest, one])).values()];
    const document: ManifestsDocument = {
      ...{ version: 1, objects },
      ...(secrets && { secrets }),
      ...(also.length > 0 && { alsoSecrets: also }),
    };
    const bytes = new TextEncoder().encode(canonicalJson(document));
    const manifests = await this.blobs.put(clusterOwner(encodeToken(cluster)), bytes, manifestsType);
    return { manifests, render: digestOf(objects) };
  }
}

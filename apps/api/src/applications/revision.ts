import { Inject } from '@nestjs/common';
import { configurationDocument } from '@syncline/events';
import { BlobStore, canonicalJson } from '@syncline/kernel';
import {
  Views, type ApplicationName, type ConfigurationRow, type FleetStateRow, type RevisionRow, type RolloutRow,
} from '@syncline/read-models'; // prettier-ignore
import { z } from 'zod';

import { targetOf, targetShape } from '../fleet/target-answer.js';

/**
 * How far a revision has come with an application. `known`: the log has seen it. `affected`: whether it changes anything for the
 * application; null while that is open, or where its configuration was rejected. `reached`: Current everywhere.
 */
export const revisionAnswer = z.object({
  revision: z.string(),
  known: z.boolean(),
  affected: z.boolean().nullable(),
  reached: z.boolean(),
  /** A later revision of the repository took its place. */
  supersededBy: z.string().optional(),
  rejected: z.array(z.object({ file: z.string(), line: z.int(), reason: z.string() })).optional(),
  /** Why it is never planned: nobody signed it whose signature its repository asks for. */
  refused: z.string().optional(),
  rollout: z.object({ state: z.string(), reason: z.string().optional() }).optional(),
  targets: z.array(targetShape),
});
type Answer = z.infer<typeof revisionAnswer>;

/** Applied or found unchanged at a revision, and healthy as that; where nothing was applied, nothing else is known. */
const isReached = (target: FleetStateRow, revisions: ReadonlySet<string>): boolean => {
  if (target.sync !== 'InSync' || target.revision === null || !revisions.has(target.revision)) return false;
  if (target.appliedPlan === null) return target.health === 'Current' || target.health === 'Unknown';
  return target.health === 'Current' && target.healthPlan === target.appliedPlan;
};

/** Whether every member of a rollout that runs is a target already: for a moment after it began, none is asked for. */
const areAllThere = (newest: RolloutRow | undefined, targets: readonly FleetStateRow[]): boolean => {
  const there = new Set(targets.map(({ cluster }) => cluster));
  const members = newest?.state === 'Running' ? newest.waves.flatMap(({ clusters }) => clusters) : [];
  return members.every((cluster) => there.has(cluster));
};

/** What `wait` asks: where a revision stands with an application. */
export class RevisionOfApplication {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  async find(name: ApplicationName, revision: string): Promise<Answer> {
    const [application, sightings, targets] = await Promise.all([
      this.views.application(name),
      this.views.revisions([revision]),
      this.views.fleet(name),
    ]);
    const sighting = application
      ? sightings.findLast((one) => one.repository === application.repository)
      : sightings.at(-1);
    const nothing = { revision, affected: null, reached: false, targets: targets.map(targetOf) };
    if (!sighting) return { ...nothing, ...(await this.#unseen(application?.repository, revision)) };
    return { ...nothing, known: true, ...(await this.#standing(name, sighting, targets)) };
  }

  /** A revision that was not detected: not seen, or seen and refused. */
  async #unseen(
    repository: string | undefined,
    revision: string,
  ): Promise<Pick<Answer, 'known' | 'refused'>> {
    const rows = await this.views.repositories();
    const row = rows.find((one) => one.repository === repository && one.failure?.revision === revision);
    return row?.failure ? { known: true, refused: row.failure.reason } : { known: false };
  }

  async #standing(
    name: ApplicationName,
    sighting: RevisionRow,
    targets: readonly FleetStateRow[],
  ): Promise<Partial<Answer>> {
    const { repository, revision } = sighting;
    const configuration = await this.views.configuration(repository, revision);
    if (!configuration) return {};
    if (configuration.document === null) {
      return { rejected: configuration.errors as NonNullable<Answer['rejected']> };
    }
    const affected = await this.#isAffected(name, configuration);
    if (!affected) return { affected, reached: true };
    const rollouts = await this.views.rollouts(name, 100);
    const at = rollouts.findIndex((one) => one.revision === revision);
    const rollout = rollouts[at];
    if (!rollout) return { affected };
    const later = rollouts.slice(0, at).map((one) => one.revision);
    const accepted = new Set([revision, ...later]);
    return {
      affected,
      reached: areAllThere(rollouts[0], targets) && targets.every((target) => isReached(target, accepted)),
      ...(later[0] !== undefined && { supersededBy: later[0] }),
      rollout: { state: rollout.state, ...(rollout.haltedBy && { reason: rollout.haltedBy.reason }) },
    };
  }

  /** Affected where what the application reads changed, or what is said of it. */
  async #isAffected({ project, application }: ApplicationName, row: ConfigurationRow): Promise<boolean> {
    const find = async (configuration: ConfigurationRow | undefined) =>
      (await this.#document(configuration))?.applications.find(
        ({ spec }) => spec.project === project && spec.name === application,
      );
    const now = await find(row);
    if (!now || now.affected) return now !== undefined;
    const before = await find(await this.views.configurationBefore(row.repository, row.sequence));
    return !before || canonicalJson(now.spec) !== canonicalJson(before.spec);
  }

  async #document(row: ConfigurationRow | undefined) {
    if (row?.document === null || row === undefined) return undefined;
    const bytes = await this.blobs.get('hub', row.document);
    return configurationDocument.parse(JSON.parse(new TextDecoder().decode(bytes)));
  }
}

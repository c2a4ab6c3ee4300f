import { Inject } from '@nestjs/common';
import { configurationDocument, subjects } from '@syncline/events';
import { BlobStore, canonicalJson } from '@syncline/kernel';
import {
  Views, type ApplicationName, type ApplicationRow, type ConfigurationRow, type FleetStateRow, type RepositoryRow, type RevisionRow, type RolloutRow,
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

const mostRollouts = 100;
/** Events that say where repositories stand. */
const fetching = [
  'RepositoryRegistered',
  'RevisionDetected',
  'RevisionRefused',
  'FetchFailed',
  'FetchRecovered',
];

/** What an application is measured by, now or as of an instant. */
type Standing = {
  readonly application: ApplicationRow | undefined;
  readonly targets: readonly FleetStateRow[];
  readonly repositories: readonly RepositoryRow[];
  readonly rollouts: readonly RolloutRow[];
  readonly at: string | undefined;
};

/** Whether something had happened by an instant, where one is asked about. */
const isBy =
  (at: string | undefined) =>
  ({ occurredAt }: { readonly occurredAt: string }): boolean =>
    at === undefined || Date.parse(occurredAt) <= Date.parse(at);

/** A revision that was not detected: not seen, or seen and refused. */
const unseen = (
  { application, repositories }: Standing,
  revision: string,
): Pick<Answer, 'known' | 'refused'> => {
  const { repository } = application ?? {};
  const row = repositories.find((one) => one.repository === repository && one.failure?.revision === revision);
  return row?.failure ? { known: true, refused: row.failure.reason } : { known: false };
};

/** What `wait` asks: where a revision stands with an application. */
export class RevisionOfApplication {
  constructor(
    @Inject(Views) private readonly views: Views,
    @Inject(BlobStore) private readonly blobs: BlobStore,
  ) {}

  /** Now, or as of an instant (RFC 3339). */
  async find(name: ApplicationName, revision: string, at?: string): Promise<Answer> {
    const standing = at === undefined ? await this.#now(name) : await this.#then(name, at);
    const { application, targets } = standing;
    const sightings = (await this.views.revisions([revision])).filter(isBy(at));
    const sighting = application
      ? sightings.findLast((one) => one.repository === application.repository)
      : sightings.at(-1);
    const nothing = { revision, affected: null, reached: false, targets: targets.map(targetOf) };
    if (!sighting) return { ...nothing, ...unseen(standing, revision) };
    return { ...nothing, known: true, ...(await this.#standing(name, sighting, standing)) };
  }

  async #now(name: ApplicationName): Promise<Standing> {
    const [application, targets, repositories, rollouts] = await Promise.all([
      this.views.application(name),
      this.views.fleet(name),
      this.views.repositories(),
      this.views.rollouts(name, mostRollouts),
    ]);
    return { application, targets, repositories, rollouts, at: undefined };
  }

  async #then(name: ApplicationName, at: string): Promise<Standing> {
    const own = subjects.application(name.project, name.application);
    const [past, targets, rows] = await Promise.all([
      this.views.past(at, { subjects: [own], types: fetching }),
      this.views.fleetAt(at, name),
      this.views.rollouts(name, mostRollouts, { until: at }),
    ]);
    const application = past.application(name.project, name.application);
    const rollouts = rows.map((one) => past.rollout(one.rollout) ?? one);
    return { application, targets, repositories: past.repositories(), rollouts, at };
  }

  async #standing(
    name: ApplicationName,
    { repository, revision }: RevisionRow,
    { targets, rollouts, at }: Standing,
  ): Promise<Partial<Answer>> {
    const configuration = await this.views.configuration(repository, revision);
    if (!configuration || !isBy(at)(configuration)) return {};
    if (configuration.document === null) {
      return { rejected: configuration.errors as NonNullable<Answer['rejected']> };
    }
    const affected = await this.#isAffected(name, configuration);
    if (!affected) return { affected, reached: true };
    const index = rollouts.findIndex((one) => one.revision === revision);
    const rollout = rollouts[index];
    if (!rollout) return { affected };
    const later = rollouts.slice(0, index).map((one) => one.revision);
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

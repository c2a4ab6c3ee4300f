import { Inject } from '@nestjs/common';
import type { ApplicationName } from '@syncline/read-models';
import { z } from 'zod';

import { PeopleNames } from '../people/people-names.js';
import { notFound } from '../problems/problem.js';
import { holders, holdsOf } from './holds.js';
import { KnownFacts } from './known-facts.js';
import { origin, Origins } from './origins.js';

const hold = z.object({
  by: z.enum(holders),
  sentence: z.string(),
  since: z.string(),
  free: z.string(),
});
const targetWhy = z.object({
  cluster: z.string(),
  sync: z.string(),
  health: z.string(),
  since: z.string(),
  revision: z.string().nullable(),
  desiredRevision: z.string(),
  /** What holds it, the nearest first; empty where nothing does. */
  holds: z.array(hold),
  /** What runs; absent where nothing was applied yet. */
  runs: origin.optional(),
});

export const whyAnswer = z.object({
  project: z.string(),
  application: z.string(),
  retired: z.boolean(),
  at: z.string().optional(),
  targets: z.array(targetWhy),
});

/** Where the targets of an application stand, or stood at an instant, judged from the views. */
export class Standing {
  constructor(
    @Inject(PeopleNames) private readonly names: PeopleNames,
    @Inject(KnownFacts) private readonly known: KnownFacts,
    @Inject(Origins) private readonly origins: Origins,
  ) {}

  /** @param at RFC 3339; now where it is left out. */
  async of(name: ApplicationName, cluster?: string, at?: string): Promise<z.infer<typeof whyAnswer>> {
    const facts = await this.known.of(name, cluster, at);
    const { application } = facts;
    if (!application)
      throw notFound(
        'application-unknown',
        `There ${at === undefined ? 'is' : 'was'} no application ${name.project}/${name.application}${at === undefined ? '' : ' then'}. GET /v1/applications lists those that there are.`,
      );
    if (cluster !== undefined && facts.targets.length === 0)
      throw notFound(
        'target-unknown',
        `${name.application} ${at === undefined ? 'is' : 'was'} not placed on ${cluster}.`,
      );
    const paused = application.pause ? await this.names.personOf(application.pause.by) : undefined;
    const origins = this.origins.asked(name, at ?? new Date().toISOString());
    return {
      ...{ project: name.project, application: name.application, retired: application.retired },
      ...(at !== undefined && { at }),
      targets: await Promise.all(
        facts.targets.map(async (one): Promise<z.infer<typeof targetWhy>> => {
          const { target } = one;
          const runs = await origins.of(target);
          const replayed = target.replay ? await this.names.personOf(target.replay.by) : undefined;
          const known = { ...one, application, pausedBy: paused?.name, replayedBy: replayed?.name };
          const { sync, health, since, revision, desiredRevision } = target;
          return {
            ...{ cluster: target.cluster, sync, health, since, revision, desiredRevision },
            holds: [...holdsOf(known)],
            ...(runs && { runs }),
          };
        }),
      ),
    };
  }
}

import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';

import { findApplication } from '../application/find-application.js';
import { listOf } from '../client/contract.js';
import { ago } from '../shell/durations.js';
import { tableText } from '../shell/formats.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { countActions, short } from '../story/words.js';

type Options = CommonOptions & { readonly cluster?: string; readonly limit: number };

const deployment = z.looseObject({
  plan: z.string(),
  cluster: z.string(),
  revision: z.string(),
  actions: z.record(z.string(), z.number()),
  occurredAt: z.string(),
});

const head = ['DEPLOYMENT', 'CLUSTER', 'REVISION', 'APPLIED', 'DID'];

const list = async (surroundings: Surroundings, name: string, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const { project, name: application } = await findApplication(api, name);
  const query = new URLSearchParams({ project, application, state: 'Applied', limit: `${options.limit}` });
  if (options.cluster !== undefined) query.set('cluster', options.cluster);
  const { items } = await api.get(`/v1/plans?${query.toString()}`, listOf(deployment));
  session.show(items, () =>
    items.length === 0
      ? `Nothing of ${name} was carried out yet.`
      : tableText(
          head,
          items.map(({ plan, cluster, revision, actions, occurredAt }) => [
            plan.slice(0, 12),
            cluster,
            short(revision),
            ago(occurredAt, surroundings.now()),
            countActions(actions),
          ]),
        ),
  );
};

const parseLimit = (text: string): number => {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0 && limit <= 500) return limit;
  throw new InvalidArgumentError('Give a whole number from 1 to 500.');
};

/** `syncline deployments` */
export const addDeployments = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'deployments <application>',
    about: 'List what was carried out of an application, newest first, by the plans that replay takes.',
    examples: ['syncline deployments checkout', 'syncline deployments checkout --cluster prod-eu --limit 50'],
  })
    .option('--cluster <name>', 'on this cluster alone')
    .option('--limit <number>', 'how many', parseLimit, 20)
    .action((name: string, options: Options) => list(surroundings, name, options));
};

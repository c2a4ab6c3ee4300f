import { Option, type Command } from 'commander';

import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { delivery, deliveryTable } from './delivery-table.js';

const groups = ['all', 'application', 'team', 'cluster'] as const;
const periods = ['day', 'week', 'month', 'quarter', 'year'] as const;

type Options = CommonOptions & {
  readonly by: (typeof groups)[number];
  readonly period: (typeof periods)[number];
  readonly since?: string;
  readonly until?: string;
};

const show = async (surroundings: Surroundings, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const { by, period, since, until } = options;
  const query = new URLSearchParams({ by, period, ...(since && { since }), ...(until && { until }) });
  const found = await api.get(`/v1/dora?${query.toString()}`, delivery);
  session.show(found, () =>
    found.items.length === 0
      ? `Nothing was deployed from ${found.since} to ${found.until}.`
      : deliveryTable(found),
  );
};

/** `syncline dora` */
export const addDelivery = (program: Command, surroundings: Surroundings): void => {
  const toInstant = (text: string): string => readInstant(text, surroundings.now());
  addLeaf(program, {
    usage: 'dora',
    about:
      'Show how often changes reach the fleet, how long after their commit, how many fail, and how long until all is Current again (medians).',
    examples: [
      'syncline dora',
      'syncline dora --by team --period week --since "30 days ago"',
      'syncline dora --by application --since 2026-01-01 -o json',
    ],
  })
    .addOption(new Option('--by <what>', 'what figures are told apart by').choices(groups).default('all'))
    .addOption(
      new Option('--period <period>', 'for how long each figure is, by UTC')
        .choices(periods)
        .default('month'),
    )
    .option('--since <instant>', 'what began from then on; 90 days by default', toInstant)
    .option('--until <instant>', 'what began before then; now by default', toInstant)
    .action((options: Options) => show(surroundings, options));
};

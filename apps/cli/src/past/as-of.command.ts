import type { Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { asOfText, pastFleet } from './as-of-table.js';

/** Which targets of the past are meant. */
export type Narrowed = {
  readonly cluster?: string;
  readonly application?: string;
  readonly selector?: string;
};

/** `NAME` or `PROJECT/NAME`: what is retired by now has no other place to be looked up. */
const namesOf = (application: string): readonly (readonly [string, string])[] => {
  const slash = application.indexOf('/');
  return slash < 0
    ? [['application', application]]
    : [
        ['project', application.slice(0, slash)],
        ['application', application.slice(slash + 1)],
      ];
};

/** The query that asks for the targets that are meant. */
export const narrowed = ({ cluster, application, selector }: Narrowed): URLSearchParams =>
  new URLSearchParams([
    ...(cluster === undefined ? [] : [['cluster', cluster] as [string, string]]),
    ...(application === undefined
      ? []
      : namesOf(application).map(([name, value]): [string, string] => [name, value])),
    ...(selector === undefined ? [] : [['selector', selector] as [string, string]]),
  ]);

/** The options that say which targets are meant. */
export const addNarrowing = (command: Command): Command =>
  command
    .option('--cluster <name>', 'only on this cluster')
    .option('--application <name>', 'only this application: NAME or PROJECT/NAME')
    .option(
      '--selector <labels>',
      'only where labels of the application or the cluster say so: tier=edge,team=shop',
    );

const readFleet = (api: ApiClient, at: string, options: Narrowed) => {
  const query = narrowed(options);
  query.set('at', at);
  query.set('images', 'true');
  return api.get(`/v1/fleet?${query.toString()}`, pastFleet);
};

const asOf = async (
  surroundings: Surroundings,
  text: string,
  options: CommonOptions & Narrowed,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const now = surroundings.now();
  const at = readInstant(text, now);
  const answer = await readFleet(await session.api(), at, options);
  session.show(answer, () => asOfText(answer, { now, colour: surroundings.colour }));
};

/** `syncline as-of` */
export const addAsOf = (program: Command, surroundings: Surroundings): void => {
  addNarrowing(
    addLeaf(program, {
      usage: 'as-of <instant>',
      about:
        'Show what ran where at an instant: revision, plan, approver, images, health and drift of every target, and what nobody could know then yet.',
      examples: [
        'syncline as-of 2026-05-04T14:31:00Z',
        'syncline as-of "2h ago" --application checkout',
        'syncline as-of 14:31 --cluster prod-eu -o json',
      ],
    }),
  ).action((text: string, options: CommonOptions & Narrowed) => asOf(surroundings, text, options));
};

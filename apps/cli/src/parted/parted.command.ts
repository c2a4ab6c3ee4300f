import type { Command } from 'commander';

import { applicationPath, findApplication } from '../application/find-application.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { parted, partedText } from './parted-text.js';

type Options = CommonOptions & { readonly at?: string };

const show = async (
  surroundings: Surroundings,
  { name, a, b }: { readonly name: string; readonly a: string; readonly b: string },
  options: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const now = surroundings.now();
  const query = new URLSearchParams({ a, b });
  if (options.at !== undefined) query.set('at', readInstant(options.at, now));
  const api = await session.api();
  const path = applicationPath(await findApplication(api, name)).replace('/v1/applications/', '/v1/parted/');
  const answer = await api.get(`${path}?${query.toString()}`, parted);
  session.show(answer, () => partedText(answer, { now, colour: surroundings.colour }));
};

/** `syncline parted` */
export const addParted = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'parted <application> <cluster> <other>',
    about:
      'Find the first event after which two targets of an application were not the same any more, why it happened, and what differs. What the application declares for its clusters is no difference.',
    examples: [
      'syncline parted checkout prod-eu prod-us',
      'syncline parted checkout staging prod-eu --at "2h ago"',
      'syncline parted checkout staging prod-eu -o json',
    ],
  })
    .option('--at <instant>', 'as of then: 2026-05-04T14:31:00Z, "14:31", "2h ago"')
    .action((name: string, a: string, b: string, options: Options) =>
      show(surroundings, { name, a, b }, options),
    );
};

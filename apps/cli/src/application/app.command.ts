import type { Command } from 'commander';
import { z } from 'zod';

import { target } from '../client/contract.js';
import { addAt, pathAt, type AsOf } from '../shell/as-of.js';
import { tableText } from '../shell/formats.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { targetTable } from '../status/fleet-table.js';
import { application, applicationPath, findApplication, listApplications } from './find-application.js';

const details = z.looseObject({
  ...application.shape,
  targets: z.array(target),
  inSync: z.number().nullish(),
});
type Details = z.infer<typeof details>;

const list = async (surroundings: Surroundings, options: CommonOptions & AsOf): Promise<void> => {
  const session = openSession(surroundings, options);
  const items = await listApplications(
    await session.api(),
    pathAt('/v1/applications', options, surroundings),
  );
  const rows = items.map((one) => [
    one.project,
    one.application,
    one.repository,
    one.spec.source.path,
    one.spec.sync.mode,
    one.retired ? 'retired' : `${one.inSync} of ${one.targets}${one.paused === true ? ', paused' : ''}`,
  ]);
  session.show({ applications: items }, () =>
    items.length === 0
      ? 'No application is declared yet.'
      : tableText(['PROJECT', 'APPLICATION', 'REPOSITORY', 'PATH', 'MODE', 'IN SYNC'], rows),
  );
};

/** Where an application comes from and where it goes, in two lines. */
const originText = ({ project, application, repository, retired, spec }: Details): string => {
  const labels = Object.entries(spec.placement.clusters.matchLabels).map(
    ([name, value]) => `${name}=${value}`,
  );
  const where = labels.length === 0 ? 'every cluster' : `clusters with ${labels.join(', ')}`;
  const state = retired ? ', retired' : '';
  return `${project}/${application} from ${repository}, ${spec.source.path}; ${spec.sync.mode}${state}\nplaced on ${where}`;
};

const show = async (
  surroundings: Surroundings,
  name: string,
  options: CommonOptions & AsOf,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const answer = await api.get(
    pathAt(applicationPath(await findApplication(api, name)), options, surroundings),
    details,
  );
  const screen = { now: surroundings.now(), colour: surroundings.colour };
  session.show(answer, () => `${originText(answer)}\n\n${targetTable(answer.targets, screen)}`);
};

/** `syncline app` */
export const addApp = (program: Command, surroundings: Surroundings): void => {
  const app = program.command('app').description('Look at applications. They are declared in Git.');
  const lists = addLeaf(app, {
    usage: 'list',
    about: 'List every application.',
    examples: ['syncline app list', 'syncline app list --at "2h ago"'],
  });
  addAt(lists).action((options: CommonOptions & AsOf) => list(surroundings, options));
  const shows = addLeaf(app, {
    usage: 'show <application>',
    about: 'Show one application: where it comes from, where it goes, and how it is there.',
    examples: ['syncline app show checkout', 'syncline app show payments/checkout -o yaml'],
  });
  addAt(shows).action((name: string, options: CommonOptions & AsOf) => show(surroundings, name, options));
};

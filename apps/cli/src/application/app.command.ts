import type { Command } from 'commander';
import { z } from 'zod';

import { target } from '../client/contract.js';
import { tableText } from '../shell/formats.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { fleetTable } from '../status/fleet-table.js';
import {
  application,
  applicationPath,
  findApplication,
  listApplications,
  type Application,
} from './find-application.js';

const details = z.looseObject({
  ...application.shape,
  targets: z.array(target),
  position: z.string().optional(),
});

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',') || 'every cluster';

const rowOf = ({ spec }: Application): readonly string[] => [
  spec.project,
  spec.name,
  spec.source.repository,
  spec.source.path,
  spec.sync.mode,
  labelsText(spec.placement.clusters.matchLabels),
];

const head = ['PROJECT', 'APPLICATION', 'REPOSITORY', 'PATH', 'SYNC', 'PLACED ON'];

const list = async (surroundings: Surroundings, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const items = await listApplications(await session.api());
  session.show({ applications: items }, () =>
    items.length === 0 ? 'No application is declared yet.' : tableText(head, items.map(rowOf)),
  );
};

const show = async (surroundings: Surroundings, name: string, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const answer = await api.get(applicationPath(await findApplication(api, name)), details);
  const screen = { now: surroundings.now(), colour: surroundings.colour };
  session.show(answer, () => {
    const fleet = { targets: answer.targets, position: answer.position ?? '' };
    return `${tableText(head, [rowOf(answer)])}\n\n${fleetTable(fleet, screen)}`;
  });
};

/** `syncline app` */
export const addApp = (program: Command, surroundings: Surroundings): void => {
  const app = program.command('app').description('Look at applications. They are declared in Git.');
  addLeaf(app, { usage: 'list', about: 'List every application.', examples: ['syncline app list'] }).action(
    (options: CommonOptions) => list(surroundings, options),
  );
  addLeaf(app, {
    usage: 'show <application>',
    about: 'Show one application: where it comes from, where it goes, and how it is there.',
    examples: ['syncline app show checkout', 'syncline app show payments/checkout -o yaml'],
  }).action((name: string, options: CommonOptions) => show(surroundings, name, options));
};

import { InvalidArgumentError, type Command } from 'commander';

import { findApplication } from '../application/find-application.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { suspects, suspectsText } from './suspects-text.js';

type Options = CommonOptions & { readonly cluster?: string; readonly hours: number };

const mostHours = 24 * 90;

const readHours = (text: string): number => {
  const hours = Number(text);
  if (hours > 0 && hours <= mostHours) return hours;
  throw new InvalidArgumentError(`Give a number of hours, at most ${mostHours}.`);
};

const show = async (
  surroundings: Surroundings,
  name: string | undefined,
  options: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const query = new URLSearchParams({ hours: String(options.hours) });
  if (options.cluster !== undefined) query.set('cluster', options.cluster);
  if (name !== undefined) {
    const found = await findApplication(api, name);
    query.set('project', found.project);
    query.set('application', found.name);
  }
  const found = await api.get(`/v1/suspects?${query.toString()}`, suspects);
  const screen = { now: surroundings.now(), colour: surroundings.colour };
  session.show(found, () =>
    found.failing.length === 0 ? 'Nothing fails now.' : suspectsText(found, screen),
  );
};

/** `syncline suspects` */
export const addSuspects = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'suspects [application]',
    about:
      'Show what fails now, and which changes of the day before touched it: the failing objects, their application, their namespace, or what the cluster shares.',
    examples: [
      'syncline suspects',
      'syncline suspects checkout --cluster prod-eu',
      'syncline suspects --hours 2 -o json',
    ],
  })
    .option('--cluster <name>', 'on this cluster alone')
    .option('--hours <n>', 'how long before it began to fail changes count', readHours, 24)
    .action((name: string | undefined, options: Options) => show(surroundings, name, options));
};

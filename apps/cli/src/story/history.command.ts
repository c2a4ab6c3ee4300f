import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';

import { applicationPath, findApplication, type ApplicationName } from '../application/find-application.js';
import { event, listOf, type LogEvent } from '../client/contract.js';
import { clockTime, dateTime } from '../shell/durations.js';
import { paint } from '../shell/formats.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { applicationOf, belongsTo } from './belongs-to.js';
import { storyOf } from './change-story.js';
import { headline, short } from './words.js';

const change = z.looseObject({
  revision: z.string().nullish(),
  message: z.string().nullish(),
  author: z
    .union([z.string(), z.looseObject({ name: z.string().optional(), email: z.string().optional() })])
    .nullish(),
  committedAt: z.string().nullish(),
  reason: z.string().nullish(),
  correlationId: z.string(),
  events: z.array(event),
});
export type Change = z.infer<typeof change>;

/** Whether an event belongs to the story of one application: its own, and those of where it comes from. */
const concerns = (one: LogEvent, application: ApplicationName): boolean =>
  applicationOf(one) === undefined || belongsTo(one, application);

const authorText = ({ author }: Change): string => {
  if (typeof author === 'string') return author;
  return author?.email ?? author?.name ?? 'a forgotten person';
};

type Screen = Pick<Surroundings, 'colour'> & { readonly now: Date };

const whyText: Readonly<Record<string, string>> = {
  placement: ', placed anew because the fleet changed',
  replay: ', run again from the record',
  undelete: ', with objects brought back',
  'replay-ended': ', wanted again in place of the record',
};

const titleOf = (one: Change, { colour, now }: Screen): string => {
  const { revision, message, committedAt } = one;
  if (typeof revision !== 'string') return paint(`change ${one.correlationId}`, 'bold', colour);
  const when = typeof committedAt === 'string' ? `, ${dateTime(committedAt, now)}` : '';
  const why = whyText[one.reason ?? ''] ?? '';
  return `${paint(short(revision), 'bold', colour)}  "${headline(message ?? '')}"  ${authorText(one)}${when}${why}`;
};

/** One change as a story: who changed what, and each step from commit to healthy. */
export const changeText = (one: Change, application: ApplicationName, screen: Screen): string => {
  const steps = storyOf(one.events.filter((single) => concerns(single, application)));
  const width = Math.min(
    72,
    Math.max(0, ...steps.filter((step) => step.clusters.length > 0).map((step) => step.text.length)),
  );
  const lines = steps.map(({ at, text, clusters }) =>
    clusters.length === 0
      ? `  ${clockTime(at)}  ${text}`
      : `  ${clockTime(at)}  ${text.padEnd(width)}   ${clusters.join(', ')}`,
  );
  return [titleOf(one, screen), ...lines].join('\n');
};

const parseLimit = (text: string): number => {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new InvalidArgumentError('Give a whole number from 1.');
};

type HistoryOptions = CommonOptions & { readonly limit: number; readonly at?: string };

const history = async (surroundings: Surroundings, name: string, options: HistoryOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const application = await findApplication(api, name);
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (options.at !== undefined) query.set('at', readInstant(options.at, surroundings.now()));
  const path = `${applicationPath(application)}/history?${query.toString()}`;
  const changes = (await api.get(path, listOf(change))).items.slice(0, options.limit);
  const screen = { colour: surroundings.colour, now: surroundings.now() };
  session.show(changes, () =>
    changes.length === 0
      ? `Nothing has happened to ${name} yet.`
      : changes.map((one) => changeText(one, application, screen)).join('\n\n'),
  );
};

/** `syncline history` */
export const addHistory = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'history <application>',
    about: 'Tell each change of an application as one story, commit to healthy, newest first.',
    examples: [
      'syncline history checkout',
      'syncline history checkout --limit 1',
      'syncline history checkout -o json',
    ],
  })
    .option('--limit <number>', 'how many changes', parseLimit, 10)
    .option('--at <instant>', 'as far as it had come then: 2026-05-04T14:31:00Z, "14:31", "2h ago"')
    .action((name: string, options: HistoryOptions) => history(surroundings, name, options));
};

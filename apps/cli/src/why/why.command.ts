import type { Command } from 'commander';
import { z } from 'zod';

import { applicationPath, findApplication } from '../application/find-application.js';
import { ago, dateTime } from '../shell/durations.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { short } from '../story/words.js';

const hold = z.looseObject({
  by: z.string(),
  sentence: z.string(),
  since: z.string(),
  free: z.string(),
});
const origin = z.looseObject({
  revision: z.string(),
  chain: z.array(
    z.looseObject({
      step: z.string(),
      sentence: z.string(),
      at: z.string(),
      position: z.string().optional(),
    }),
  ),
});
const targetWhy = z.looseObject({
  cluster: z.string(),
  sync: z.string(),
  health: z.string(),
  since: z.string(),
  revision: z.string().nullable(),
  desiredRevision: z.string(),
  holds: z.array(hold),
  runs: origin.optional(),
});
const whyAnswer = z.looseObject({
  retired: z.boolean(),
  at: z.string().optional(),
  targets: z.array(targetWhy),
});
type TargetWhy = z.infer<typeof targetWhy>;

/** From what runs back to the commit, a line for each step. */
const runsLines = ({ revision, chain }: z.infer<typeof origin>, now: Date): readonly string[] => [
  `  runs ${short(revision)}, because:`,
  ...chain.map(({ sentence, at, position }) => {
    const where = position === undefined ? '' : `  (${position})`;
    return `    ${dateTime(at, now)}  ${sentence}${where}`;
  }),
];

const restText = (sync: string, at: string | undefined): string =>
  sync === 'InSync'
    ? `nothing ${at === undefined ? 'holds' : 'held'} it`
    : `it ${at === undefined ? 'is' : 'was'} on its way`;

/** What is to be said of one target, now or as of an instant (RFC 3339). */
export const targetText = (target: TargetWhy, now: Date, at?: string): string => {
  const then = at === undefined ? now : new Date(at);
  const { cluster, sync, health, since, revision, desiredRevision, holds, runs } = target;
  const wanted = desiredRevision === revision ? '' : `, ${short(desiredRevision)} is wanted`;
  return [
    `${cluster}  ${sync}, ${health} since ${ago(since, then)}${wanted}`,
    ...(runs ? runsLines(runs, now) : []),
    ...holds.flatMap((one) => [
      `  held by ${one.by} since ${ago(one.since, then)}: ${one.sentence}`,
      ...(at === undefined ? [`    ${one.free}`] : []),
    ]),
    ...(holds.length === 0 ? [`  ${restText(sync, at)}`] : []),
  ].join('\n');
};

type Options = CommonOptions & { readonly cluster?: string; readonly at?: string };

const why = async (surroundings: Surroundings, name: string, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const application = await findApplication(api, name);
  const path = applicationPath(application).replace('/v1/applications/', '/v1/why/');
  const now = surroundings.now();
  const query = new URLSearchParams();
  if (options.cluster !== undefined) query.set('cluster', options.cluster);
  if (options.at !== undefined) query.set('at', readInstant(options.at, now));
  const answer = await api.get(`${path}?${query.toString()}`, whyAnswer);
  const is = answer.at === undefined ? 'is' : 'was';
  const none = answer.retired
    ? `${name} ${is} retired: no repository declared it.`
    : `${name} ${is} on no cluster.`;
  session.show(answer, () =>
    answer.targets.length === 0
      ? none
      : answer.targets.map((target) => targetText(target, now, answer.at)).join('\n'),
  );
};

/** `syncline why` */
export const addWhy = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'why <application>',
    about:
      'Say why an application is as it is on each cluster: what runs, step by step back to the commit, what holds it, and what frees it.',
    examples: [
      'syncline why checkout',
      'syncline why checkout --at "2h ago"',
      'syncline why checkout --cluster prod-eu -o json',
    ],
  })
    .option('--cluster <name>', 'only on this cluster')
    .option('--at <instant>', 'as of then: 2026-05-04T14:31:00Z, "14:31", "2h ago"')
    .action((name: string, options: Options) => why(surroundings, name, options));
};

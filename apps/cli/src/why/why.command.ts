import type { Command } from 'commander';
import { z } from 'zod';

import { applicationPath, findApplication } from '../application/find-application.js';
import { ago } from '../shell/durations.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { approver, headline, short } from '../story/words.js';

const person = z.object({ name: z.string(), email: z.string() });
const hold = z.looseObject({
  by: z.string(),
  sentence: z.string(),
  since: z.string(),
  free: z.string(),
});
const origin = z.looseObject({
  revision: z.string(),
  message: z.string().optional(),
  author: person.optional(),
  plan: z.string().optional(),
  approvedBy: z.string().optional(),
  approver: person.optional(),
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
const whyAnswer = z.looseObject({ retired: z.boolean(), targets: z.array(targetWhy) });
type TargetWhy = z.infer<typeof targetWhy>;

const runsText = ({
  revision,
  message,
  author,
  plan,
  approvedBy,
  approver: by,
}: z.infer<typeof origin>): string => {
  const commit = `${short(revision)}${message === undefined ? '' : ` "${headline(message)}"`}${author ? `, ${author.name}` : ''}`;
  const allowed = by?.name ?? (approvedBy === undefined ? undefined : approver(approvedBy));
  const approval =
    plan === undefined || allowed === undefined ? '' : `; plan ${plan.slice(0, 12)} approved by ${allowed}`;
  return `  runs ${commit}${approval}`;
};

/** What is to be said of one target. */
export const targetText = (target: TargetWhy, now: Date): string => {
  const { cluster, sync, health, since, revision, desiredRevision, holds, runs } = target;
  const wanted = desiredRevision === revision ? '' : `, ${short(desiredRevision)} is wanted`;
  return [
    `${cluster}  ${sync}, ${health} since ${ago(since, now)}${wanted}`,
    ...(runs ? [runsText(runs)] : []),
    ...holds.flatMap((one) => [
      `  held by ${one.by} since ${ago(one.since, now)}: ${one.sentence}`,
      `    ${one.free}`,
    ]),
    ...(holds.length === 0 ? [sync === 'InSync' ? '  nothing holds it' : '  it is on its way'] : []),
  ].join('\n');
};

type Options = CommonOptions & { readonly cluster?: string };

const why = async (surroundings: Surroundings, name: string, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const application = await findApplication(api, name);
  const path = applicationPath(application).replace('/v1/applications/', '/v1/why/');
  const query = options.cluster === undefined ? '' : `?cluster=${encodeURIComponent(options.cluster)}`;
  const answer = await api.get(`${path}${query}`, whyAnswer);
  const none = answer.retired
    ? `${name} is retired: no repository declares it.`
    : `${name} is on no cluster.`;
  session.show(answer, () =>
    answer.targets.length === 0
      ? none
      : answer.targets.map((target) => targetText(target, surroundings.now())).join('\n'),
  );
};

/** `syncline why` */
export const addWhy = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'why <application>',
    about:
      'Say why an application is as it is on each cluster: what runs and who allowed it, what holds it, and what frees it.',
    examples: ['syncline why checkout', 'syncline why checkout --cluster prod-eu -o json'],
  })
    .option('--cluster <name>', 'only on this cluster')
    .action((name: string, options: Options) => why(surroundings, name, options));
};

import { setTimeout as delay } from 'node:timers/promises';

import type { Command } from 'commander';
import { CommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';
import { addNarrowing, narrowed, type Narrowed } from '../past/as-of.command.js';
import { askFirst } from '../replays/asking.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { count, short } from '../story/words.js';

const lookAgainMs = 500;

type Options = CommonOptions &
  Narrowed & {
    readonly asOf: string;
    readonly reason?: string;
    readonly yes?: boolean;
    readonly wait: boolean;
  };

const named = z.looseObject({ project: z.string(), application: z.string(), cluster: z.string() });
const target = named.extend({ plan: z.string(), revision: z.string(), from: z.string().nullable() });
const answer = z.looseObject({
  restore: z.string().optional(),
  position: z.string().optional(),
  targets: z.array(target),
  left: z.array(named.extend({ reason: z.string() })),
});
const state = z.looseObject({
  state: z.string(),
  done: z.number(),
  steps: z.array(z.looseObject({ name: z.string() })),
  halted: z.object({ target: z.string(), reason: z.string() }).optional(),
});
type Answer = z.infer<typeof answer>;

const textOf = ({ targets, left }: Answer): string =>
  [
    ...targets.map(({ application, cluster, plan, revision, from }) => {
      const now = from === null ? 'nothing' : short(from);
      return `  ${application} on ${cluster}  ${now} → ${short(revision)}  plan ${plan.slice(0, 12)}`;
    }),
    ...left.map(({ application, cluster, reason }) => `  ${application} on ${cluster}  stays: ${reason}`),
  ].join('\n');

/** Tells each step as it is done, until all are. Throws CommandRefused where a target cannot become what it was. */
const follow = async (
  api: ApiClient,
  { restore = '', position = '' }: Answer,
  { err, signal }: Surroundings,
): Promise<void> => {
  const path = `/v1/restores/${restore}?at-least=${encodeURIComponent(position)}`;
  for (let told = 0; ;) {
    const { done, steps, state: word, halted } = await api.get(path, state);
    for (; told < done; told += 1)
      err(`${told + 1} of ${steps.length}  ${steps[told]?.name ?? ''} is what it was`);
    if (word === 'Completed') return;
    if (halted) {
      const how =
        'Mend it, then syncline retry; where it was refused, give the restore again: what is done stays.';
      throw new CommandRefused('restore-halted', `Halted by ${halted.target}: ${halted.reason} ${how}`);
    }
    await delay(lookAgainMs, undefined, { signal });
  }
};

const restore = async (surroundings: Surroundings, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const asOf = readInstant(options.asOf, surroundings.now());
  const { reason } = options;
  const which = Object.fromEntries(narrowed(options));
  const body = { asOf, ...which, ...(reason !== undefined && { reason }) };
  const found = await api.post('/v1/restores', { ...body, preview: true }, answer);
  if (found.targets.length === 0) {
    session.show(found, () => `Nothing has to become what it was at ${asOf}.\n${textOf(found)}`.trimEnd());
    return;
  }
  const what = `${count(found.targets.length, 'target')} would become what ran at ${asOf}:\n${textOf(found)}`;
  await askFirst(surroundings, what, options);
  const begun = await api.post('/v1/restores', body, answer);
  if (options.wait && begun.restore !== undefined) await follow(api, begun, surroundings);
  session.show(begun, () =>
    [
      textOf(begun),
      `Restore ${begun.restore ?? ''}${options.wait ? ' is completed' : ' has begun'}. Each stays until another commit for its application, or syncline replay --end.`,
    ].join('\n'),
  );
};

/** `syncline restore` */
export const addRestore = (program: Command, surroundings: Surroundings): void => {
  addNarrowing(
    addLeaf(program, {
      usage: 'restore',
      about:
        'Let targets run again what they ran at an instant, as one change: an application after the other, by name.',
      examples: [
        'syncline restore --as-of "1h ago" --selector tier=production',
        'syncline restore --as-of 14:31 --application checkout --reason "orders fail" --yes',
      ],
    }),
  )
    .requiredOption('--as-of <instant>', 'when: RFC 3339, 14:31, or "2h ago"')
    .option('--reason <text>', 'why; history and why show it')
    .option('--yes', 'do not ask')
    .option('--no-wait', 'do not wait until it is completed')
    .action((options: Options) => restore(surroundings, options));
};

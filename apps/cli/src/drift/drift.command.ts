import { InvalidArgumentError, type Command } from 'commander';

import { findApplication } from '../application/find-application.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { drifts, driftTable } from './drift-table.js';
import { flappingText } from './flapping-text.js';

type Options = CommonOptions & {
  readonly cluster?: string;
  readonly all?: boolean;
  readonly limit: number;
  readonly at?: string;
};

const most = 500;

const readLimit = (text: string): number => {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new InvalidArgumentError(`Give a number from 1 to ${most}.`);
};

const noneText = (name: string | undefined, isAll: boolean): string => {
  const who = name === undefined ? 'Nothing' : `Nothing of ${name}`;
  return isAll ? `${who} has drifted.` : `${who} is drifted. --all shows what was.`;
};

const show = async (
  surroundings: Surroundings,
  name: string | undefined,
  options: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const isAll = options.all === true;
  const query = new URLSearchParams({ limit: String(options.limit) });
  if (!isAll) query.set('open', 'true');
  if (options.at !== undefined) query.set('at', readInstant(options.at, surroundings.now()));
  if (options.cluster !== undefined) query.set('cluster', options.cluster);
  if (name !== undefined) {
    const found = await findApplication(api, name);
    query.set('project', found.project);
    query.set('application', found.name);
  }
  const { items, flapping, next } = await api.get(`/v1/drift?${query.toString()}`, drifts);
  const screen = { now: surroundings.now(), colour: surroundings.colour };
  session.show({ drifts: items, flapping }, () => {
    const more = next === undefined ? [] : ['There is more: --limit N shows it.'];
    const table = items.length === 0 ? noneText(name, isAll) : driftTable(items, screen);
    return [table, ...more, ...flappingText(flapping, screen.now)].join('\n');
  });
};

/** `syncline drift` */
export const addDrift = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'drift [application]',
    about:
      'Show what is live and not what was applied: which field, by whom and since when; with --all also what was, and who put it back. What drifts again and again comes with a rule that ignores it.',
    examples: ['syncline drift', 'syncline drift checkout --all', 'syncline drift --cluster prod-eu -o json'],
  })
    .option('--cluster <name>', 'on this cluster alone')
    .option('--all', 'also the drift that ended, the newest first')
    .option('--at <instant>', 'that of then: 2026-05-04T14:31:00Z, "14:31", "2h ago"')
    .option('--limit <n>', 'how many to show', readLimit, 50)
    .action((name: string | undefined, options: Options) => show(surroundings, name, options));
};

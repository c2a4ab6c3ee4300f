import { CommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';

import { findApplication } from '../application/find-application.js';
import { addNarrowing, type Narrowed } from '../past/as-of.command.js';
import { diffInstants } from '../past/diff-instants.js';
import { addAt, pathAt, type AsOf } from '../shell/as-of.js';
import { exitCodes } from '../shell/exit-codes.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { previewPlans, readPlans, targetsOf, type TargetPlan } from './plan-answer.js';
import { changes, planText } from './plan-text.js';

type PlanOptions = CommonOptions &
  AsOf & {
    readonly cluster?: string;
    readonly revision?: string;
    readonly exitCode?: boolean;
  };

/** Whether a plan that has not been carried out would change something. */
const isDifferent = ({ plan, state }: TargetPlan): boolean =>
  state !== 'InSync' && state !== 'Applied' && (plan?.operations ?? []).some(changes);

type Kind = 'plan' | 'diff';

/** A plan of now: the recorded one, or for a diff and a named revision a dry run against the live clusters. */
const readTargetPlans = async (
  surroundings: Surroundings,
  name: string,
  options: PlanOptions,
  kind: Kind,
): Promise<readonly TargetPlan[]> => {
  const api = await openSession(surroundings, options).api();
  const application = await findApplication(api, name);
  const at = (path: string): string => pathAt(path, options, surroundings);
  if (options.at !== undefined && options.revision !== undefined)
    throw new CommandRefused('usage', 'What a commit would do is tried now: give --at or --revision.');
  const targets = await targetsOf(api, application, options.cluster, at);
  if (kind === 'plan' && options.revision === undefined) return readPlans(api, targets, at);
  const revision = options.revision ?? targets.find((one) => one.desiredRevision !== null)?.desiredRevision;
  if (typeof revision !== 'string') return readPlans(api, targets);
  return previewPlans(
    api,
    application,
    revision,
    targets.map(({ cluster }) => cluster),
  );
};

const run = async (
  surroundings: Surroundings,
  name: string,
  options: PlanOptions,
  kind: Kind,
): Promise<void> => {
  const plans = await readTargetPlans(surroundings, name, options, kind);
  const view = { fields: kind === 'diff', colour: surroundings.colour };
  openSession(surroundings, options).show({ application: name, targets: plans }, () =>
    plans.map((plan) => planText(plan, view)).join('\n\n'),
  );
  if (options.exitCode === true && plans.some(isDifferent)) surroundings.setExitCode(exitCodes.differences);
};

const addOne = (
  program: Command,
  surroundings: Surroundings,
  kind: Kind,
  about: string,
  examples: readonly string[],
): void => {
  addAt(addLeaf(program, { usage: `${kind} <application>`, about, examples }), 'the plans of then')
    .option('--cluster <name>', 'on this cluster alone')
    .option('--revision <sha>', 'what this commit would do, which applies nothing')
    .option('--exit-code', 'end with 3 where something would change')
    .action((name: string, options: PlanOptions) => run(surroundings, name, options, kind));
};

/** What the words of `diff` mean: what an application would change now, or what changed between two instants. */
const diffEither = async (
  surroundings: Surroundings,
  first: string,
  second: string | undefined,
  options: PlanOptions & Narrowed,
): Promise<void> =>
  second === undefined
    ? run(surroundings, first, options, 'diff')
    : diffInstants(surroundings, [first, second], options);

const addDiff = (program: Command, surroundings: Surroundings): void => {
  const leaf = addLeaf(program, {
    usage: 'diff <application-or-instant> [instant]',
    about:
      'Show field by field what the wanted revision would change on the live clusters now; with two instants, what was different of the fleet.',
    examples: [
      'syncline diff checkout',
      'syncline diff checkout --cluster prod-eu --exit-code',
      'syncline diff "2h ago" now --application checkout',
      'syncline diff 2026-05-04T14:00:00Z 2026-05-04T15:00:00Z --selector tier=production',
    ],
  });
  addNarrowing(leaf)
    .option('--revision <sha>', 'what this commit would do, which applies nothing')
    .option('--exit-code', 'end with 3 where something is different')
    .action((first: string, second: string | undefined, options: PlanOptions & Narrowed) =>
      diffEither(surroundings, first, second, options),
    );
};

/** `syncline plan` and `syncline diff` */
export const addPlanAndDiff = (program: Command, surroundings: Surroundings): void => {
  addOne(
    program,
    surroundings,
    'plan',
    'Show the operations that take an application to its revision, cluster by cluster.',
    [
      'syncline plan checkout',
      'syncline plan checkout --cluster prod-eu',
      'syncline plan checkout --at "2h ago"',
      'syncline plan checkout --revision 9d03e77d0c2f4f7f3d2b8a51f6a9c1e0b4d5e6f7 --exit-code',
    ],
  );
  addDiff(program, surroundings);
};

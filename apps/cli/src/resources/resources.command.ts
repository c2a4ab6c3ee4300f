import type { Command } from 'commander';
import { z } from 'zod';

import { applicationPath, findApplication } from '../application/find-application.js';
import { addAt, pathAt, type AsOf } from '../shell/as-of.js';
import { exitCodes } from '../shell/exit-codes.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { targetResources, treeText } from './tree-text.js';

const answered = z.looseObject({ targets: z.array(targetResources) });

type Options = CommonOptions & AsOf & { readonly cluster?: string };

const show = async (surroundings: Surroundings, name: string, options: Options): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const application = await findApplication(api, name);
  const query = options.cluster === undefined ? '' : `?cluster=${encodeURIComponent(options.cluster)}`;
  const path = pathAt(`${applicationPath(application)}/resources${query}`, options, surroundings);
  const answer = await api.get(path, answered);
  const screen = { now: surroundings.now(), colour: surroundings.colour };
  session.show(answer, () =>
    answer.targets.length === 0
      ? `${name} is on no cluster.`
      : answer.targets.map((target) => treeText(target, screen)).join('\n\n'),
  );
  if (answer.targets.some(({ problem }) => problem)) surroundings.setExitCode(exitCodes.refused);
};

/** `syncline resources` */
export const addResources = (program: Command, surroundings: Surroundings): void => {
  const leaf = addLeaf(program, {
    usage: 'resources <application>',
    about:
      'Show what an application holds on each cluster down to Pods: health, age, reasons and the newest Kubernetes events. ReplicaSets of earlier revisions are left out.',
    examples: [
      'syncline resources checkout',
      'syncline resources checkout --cluster prod-eu -o json',
      'syncline resources checkout --at "2h ago"',
    ],
  });
  addAt(leaf, 'what was applied then, as far as it is recorded')
    .option('--cluster <name>', 'only on this cluster')
    .action((name: string, options: Options) => show(surroundings, name, options));
};

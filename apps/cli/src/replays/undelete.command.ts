import type { Command } from 'commander';
import { z } from 'zod';

import { applicationPath, findApplication } from '../application/find-application.js';
import { written } from '../client/contract.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { objectText } from '../story/words.js';
import { askFirst } from './asking.js';

type Options = CommonOptions & {
  readonly cluster?: readonly string[];
  readonly reason?: string;
  readonly yes?: boolean;
};

const object = z.looseObject({
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
  isWanted: z.boolean(),
});
const undeleted = written.extend({
  targets: z.array(z.object({ cluster: z.string(), objects: z.array(object) })),
});
type Targets = z.infer<typeof undeleted>['targets'];

const textOf = (targets: Targets): string =>
  targets
    .flatMap(({ cluster, objects }) => [
      cluster,
      ...objects.map(
        (one) => `  + ${objectText(one)}  ${one.isWanted ? 'deleted' : 'pruned; not in Git any more'}`,
      ),
    ])
    .join('\n');

const undelete = async (
  surroundings: Surroundings,
  name: string,
  objects: readonly string[],
  options: Options,
): Promise<void> => {
  const { cluster: clusters, reason } = options;
  const session = openSession(surroundings, options);
  const api = await session.api();
  const path = `${applicationPath(await findApplication(api, name))}/undeletes`;
  const body = {
    ...(clusters && { clusters }),
    ...(objects.length > 0 && { objects }),
    ...(reason !== undefined && { reason }),
  };
  const found = await api.post(path, { ...body, preview: true }, undeleted);
  if (found.targets.length === 0) {
    session.show({ application: name, ...found }, () => `Nothing of ${name} is gone.`);
    return;
  }
  await askFirst(
    surroundings,
    `Brought back of ${name}, as applied last:\n${textOf(found.targets)}`,
    options,
  );
  const answer = await api.post(path, body, undeleted);
  const isBeyond = answer.targets.some((one) => one.objects.some(({ isWanted }) => !isWanted));
  session.show({ application: name, ...answer }, () =>
    [
      textOf(answer.targets),
      `They come back by a plan, under today's rules. syncline plan ${name} shows it.`,
      ...(isBeyond
        ? [`What Git does not have stays until another commit for ${name}, or syncline replay --end ${name}.`]
        : []),
    ].join('\n'),
  );
};

/** `syncline undelete` */
export const addUndelete = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'undelete <application> [objects...]',
    about:
      'Bring back objects that were pruned or deleted, as they were applied last. Without names: what is missing, and what the last prune took.',
    examples: [
      'syncline undelete checkout',
      'syncline undelete checkout ConfigMap/limits Deployment/checkout/web --cluster prod-eu --yes',
    ],
  })
    .option('--cluster <name...>', 'only on these clusters')
    .option('--reason <text>', 'why; history and why show it')
    .option('--yes', 'do not ask')
    .action((name: string, objects: readonly string[], options: Options) =>
      undelete(surroundings, name, objects, options),
    );
};

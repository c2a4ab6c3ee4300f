import type { Command } from 'commander';

import { applicationPath, findApplication } from '../application/find-application.js';
import { written } from '../client/contract.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

type Options = CommonOptions & { readonly cluster?: readonly string[]; readonly reason?: string };

const retry = async (surroundings: Surroundings, name: string, options: Options): Promise<void> => {
  const { cluster: clusters, reason } = options;
  const session = openSession(surroundings, options);
  const api = await session.api();
  const application = await findApplication(api, name);
  const body = { ...(clusters && { clusters }), ...(reason !== undefined && { reason }) };
  const { position } = await api.post(`${applicationPath(application)}/retry`, body, written);
  session.show(
    { application: name, position },
    () => `What failed or is held of ${name} is planned anew. syncline status --watch shows how it goes.`,
  );
};

/** `syncline retry` */
export const addRetry = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'retry <application>',
    about:
      'Plan anew where an application failed, was refused, rejected or is held; the rest goes on undisturbed.',
    examples: [
      'syncline retry checkout',
      'syncline retry checkout --cluster prod-eu --reason "quota raised"',
    ],
  })
    .option('--cluster <name...>', 'only on these clusters')
    .option('--reason <text>', 'why')
    .action((name: string, options: Options) => retry(surroundings, name, options));
};

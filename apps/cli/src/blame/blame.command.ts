import type { Command } from 'commander';

import { applicationPath, findApplication } from '../application/find-application.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { blameAnswer, blameText } from './blame-table.js';

type Asked = { readonly name: string; readonly object: string; readonly field: string | undefined };
type Options = CommonOptions & { readonly cluster?: string; readonly at?: string };

const blame = async (
  surroundings: Surroundings,
  { name, object, field }: Asked,
  options: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const now = surroundings.now();
  const query = new URLSearchParams({ object });
  if (field !== undefined) query.set('field', field);
  if (options.cluster !== undefined) query.set('cluster', options.cluster);
  if (options.at !== undefined) query.set('at', readInstant(options.at, now));
  const api = await session.api();
  const path = applicationPath(await findApplication(api, name)).replace('/v1/applications/', '/v1/blame/');
  const answer = await api.get(`${path}?${query.toString()}`, blameAnswer);
  session.show(answer, () => blameText(answer, { now, colour: surroundings.colour }));
};

/** `syncline blame` */
export const addBlame = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'blame <application> <object> [field]',
    about:
      'Show who set each field of an object: commit, author, plan, approver and apply, or who wrote over it in the cluster. Values of Secrets are never shown.',
    examples: [
      'syncline blame checkout Deployment/web',
      'syncline blame checkout Deployment/web spec.replicas --cluster prod-eu',
      'syncline blame checkout Deployment/shop/web /spec/template --at "2h ago" -o json',
    ],
  })
    .option('--cluster <name>', 'only on this cluster')
    .option('--at <instant>', 'as of then: 2026-05-04T14:31:00Z, "14:31", "2h ago"')
    .action((name: string, object: string, field: string | undefined, options: Options) =>
      blame(surroundings, { name, object, field }, options),
    );
};

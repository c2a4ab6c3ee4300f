import { CommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';

import { findApplication } from '../application/find-application.js';
import type { ApiClient } from '../client/api-client.js';
import { written } from '../client/contract.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { targetsOf } from './plan-answer.js';

type Decision = 'grant' | 'reject';
type Options = CommonOptions & { readonly cluster?: string; readonly reason?: string };

const isDigest = (text: string): boolean => /^[0-9a-f]{8,64}$/.test(text);

/** The plan that is meant: a digest or its beginning, or the one that waits on a cluster of an application. */
const findPlan = async (api: ApiClient, what: string, cluster: string | undefined): Promise<string> => {
  if (isDigest(what)) return what;
  const application = await findApplication(api, what);
  const targets = await targetsOf(api, application, cluster);
  const waiting = targets.filter(({ sync, plan }) => sync === 'AwaitingApproval' && plan !== null);
  const [first] = waiting;
  if (first === undefined || first.plan === null) {
    throw new CommandRefused(
      'nothing-waits',
      `No plan of ${what} waits for an approval${cluster === undefined ? '' : ` on ${cluster}`}. syncline status shows the fleet.`,
    );
  }
  if (waiting.length > 1) {
    throw new CommandRefused(
      'ambiguous',
      `Plans of ${what} wait on ${waiting.map((one) => one.cluster).join(', ')}. Name one with --cluster, or its digest.`,
    );
  }
  return first.plan;
};

const decide = async (
  surroundings: Surroundings,
  what: string,
  decision: Decision,
  options: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const digest = await findPlan(api, what, options.cluster);
  const body = { decision, ...(options.reason !== undefined && { reason: options.reason }) };
  const { position } = await api.post(`/v1/plans/${digest}/approvals`, body, written);
  const done = decision === 'grant' ? 'approved' : 'rejected';
  session.show({ plan: digest, decision, position }, () => `Plan ${digest.slice(0, 12)} is ${done}.`);
};

/** `syncline approve` and `syncline reject` */
export const addApproveAndReject = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'approve <digest-or-application>',
    about: 'Approve exactly one plan: what was approved is what is applied.',
    examples: [
      'syncline approve 3f9a21c07b54',
      'syncline approve checkout --cluster prod-eu --reason "seen with Ada"',
    ],
  })
    .option('--cluster <name>', 'the cluster, where an application is named')
    .option('--reason <text>', 'why')
    .action((what: string, options: Options) => decide(surroundings, what, 'grant', options));
  addLeaf(program, {
    usage: 'reject <digest-or-application>',
    about: 'Reject one plan; it is never applied.',
    examples: ['syncline reject checkout --cluster prod-eu --reason "after the holidays"'],
  })
    .option('--cluster <name>', 'the cluster, where an application is named')
    .requiredOption('--reason <text>', 'why')
    .action((what: string, options: Options) => decide(surroundings, what, 'reject', options));
};

import { planDocument } from '@syncline/events';
import { CommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import { applicationPath, type ApplicationName } from '../application/find-application.js';
import type { ApiClient } from '../client/api-client.js';
import { target, type Target } from '../client/contract.js';

/** `GET /v1/plans/<digest>` */
export const planAnswer = z.looseObject({
  digest: z.string().optional(),
  plan: planDocument,
  state: z.string().nullish(),
  needs: z.array(z.string()).nullish(),
  refused: z.array(z.string()).nullish(),
});

/** `POST /v1/plans`: what a commit would do, cluster by cluster; a plan, nothing, or why there is none. */
const previewAnswer = z.looseObject({
  clusters: z.array(
    z.looseObject({
      cluster: z.string(),
      plan: planDocument.nullish(),
      digest: z.string().nullish(),
      needs: z.array(z.string()).nullish(),
      refused: z.array(z.string()).nullish(),
      status: z.enum(['planned', 'unchanged', 'held', 'failed']),
      reason: z.string().nullish(),
      file: z.string().nullish(),
      line: z.number().nullish(),
    }),
  ),
});

/** What one target would come to. */
export type TargetPlan = {
  readonly cluster: string;
  readonly digest?: string;
  readonly state?: string;
  readonly plan?: z.infer<typeof planDocument>;
  readonly needs: readonly string[];
  readonly refused: readonly string[];
  /** Why there is no plan. */
  readonly message?: string;
};

/** Where an application stands on its clusters; `at` makes paths ask about another instant. */
export const targetsOf = async (
  api: ApiClient,
  application: ApplicationName,
  cluster: string | undefined,
  at: (path: string) => string = (path) => path,
): Promise<readonly Target[]> => {
  const path = at(applicationPath(application));
  const { targets } = await api.get(path, z.object({ targets: z.array(target) }));
  const chosen = cluster === undefined ? targets : targets.filter((one) => one.cluster === cluster);
  if (chosen.length > 0) return chosen;
  const where = cluster === undefined ? 'any cluster' : `cluster ${cluster}`;
  const there = targets.map((one) => one.cluster).join(', ');
  throw new CommandRefused(
    'no-such-target',
    `Application ${application.name} is not placed on ${where}.${there === '' ? '' : ` It is on: ${there}.`}`,
  );
};

const currentPlan = async (
  api: ApiClient,
  { cluster, plan, sync, message }: Target,
  at: (path: string) => string,
): Promise<TargetPlan> => {
  const why = typeof message === 'string' && { message };
  if (plan === null) return { cluster, state: sync, needs: [], refused: [], ...why };
  const answer = await api.get(at(`/v1/plans/${plan}`), planAnswer);
  return {
    cluster,
    digest: plan,
    state: answer.state ?? sync,
    plan: answer.plan,
    needs: answer.needs ?? [],
    refused: answer.refused ?? [],
    ...why,
  };
};

/** The plan that each target has now; `at` makes paths ask about another instant. */
export const readPlans = (
  api: ApiClient,
  targets: readonly Target[],
  at: (path: string) => string = (path) => path,
): Promise<readonly TargetPlan[]> => Promise.all(targets.map((one) => currentPlan(api, one, at)));

const placeText = (file: string | null | undefined, line: number | null | undefined): string => {
  if (typeof file !== 'string') return '';
  return typeof line === 'number' ? `${file}:${line} ` : `${file} `;
};

/** What a revision would do on these clusters; appends nothing, applies nothing. */
export const previewPlans = async (
  api: ApiClient,
  { project, name }: ApplicationName,
  revision: string,
  clusters: readonly string[],
): Promise<readonly TargetPlan[]> => {
  const body = { project, application: name, revision, clusters };
  const answer = await api.post('/v1/plans', body, previewAnswer);
  return answer.clusters.map((one) => ({
    cluster: one.cluster,
    state: one.status,
    ...(one.plan && { plan: one.plan }),
    ...(typeof one.digest === 'string' && { digest: one.digest }),
    needs: one.needs ?? [],
    refused: one.refused ?? [],
    ...(typeof one.reason === 'string' && { message: `${placeText(one.file, one.line)}${one.reason}` }),
  }));
};

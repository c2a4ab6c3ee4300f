import { isCommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';
import { cluster, listOf, repository, type Cluster, type Repository } from '../client/contract.js';
import { fine, unchecked, wrong, type Check } from './check.js';

const answerMs = 10_000;
const parkedSubject = z.looseObject({
  service: z.string(),
  reaction: z.string(),
  subject: z.string(),
  reason: z.string(),
});
const log = z.looseObject({ position: z.string(), projected: z.string(), views: z.string().nullish() });

/** What is wrong with the registered clusters. */
export const checkClusters = (clusters: readonly Cluster[]): readonly Check[] => {
  const bad = clusters.filter(({ state }) => state !== 'Connected');
  if (bad.length === 0) return [fine('clusters', `${clusters.length} connected`)];
  return bad.map(({ cluster: name, state, reason }) =>
    wrong(
      `cluster ${name}`,
      `${state}${reason ? `: ${reason}` : ''}`,
      'See that its API server runs, can be reached and accepts the credentials; register it anew (syncline cluster add) where they changed.',
    ),
  );
};

const checkRepository = ({ repository: name, failure, configuration }: Repository): readonly Check[] => {
  const where = `repository ${name}`;
  const checks: Check[] = [];
  if (failure)
    checks.push(
      wrong(
        where,
        `${failure.reason} (since ${failure.since})`,
        'See that its URL can be reached and its credentials are valid; register it anew (syncline repo add) where they changed.',
      ),
    );
  const [error, ...more] = configuration?.accepted === false ? (configuration.errors ?? []) : [];
  if (error) {
    const others = more.length === 0 ? '' : `, and ${more.length} more`;
    const what = `configuration rejected: ${error.file}:${error.line} ${error.reason}${others}`;
    checks.push(
      wrong(
        where,
        what,
        'Mend the file and push; syncline validate says all of it before. Until then the last valid one is in force.',
      ),
    );
  }
  return checks;
};

/** What is wrong with the registered repositories. */
export const checkRepositories = (repositories: readonly Repository[]): readonly Check[] => {
  const bad = repositories.flatMap(checkRepository);
  return bad.length > 0 ? bad : [fine('repositories', `${repositories.length} can be read`)];
};

const checkParked = (items: readonly z.infer<typeof parkedSubject>[]): readonly Check[] =>
  items.length === 0
    ? [fine('reactions', 'nothing is parked')]
    : items.map(({ service, reaction, subject, reason }) =>
        wrong(
          `${service} ${reaction}`,
          `${subject} is parked: ${reason}`,
          `Mend the cause, then: syncline log resume ${service} ${reaction} ${subject}`,
        ),
      );

const checkLog = ({ position, projected, views }: z.infer<typeof log>): Check =>
  views
    ? wrong('views', views, 'See that Postgres runs; the views come back from the log by themselves.')
    : fine('log', `at ${position}, views at ${projected}`);

const within = async <Answer>(work: Promise<Answer>): Promise<Answer> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`there was no answer within ${answerMs / 1000} s`)), answerMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

const asked = async (where: string, work: Promise<readonly Check[]>): Promise<readonly Check[]> => {
  try {
    return await within(work);
  } catch (error) {
    return [unchecked(where, error instanceof Error ? error.message : String(error))];
  }
};

/** Asks the API how the log, clusters, repositories and reactions are. */
export const checkFleet = async (connect: () => Promise<ApiClient>): Promise<readonly Check[]> => {
  try {
    const api = await connect();
    const first = checkLog(await within(api.get('/v1/log', log)));
    const rest = await Promise.all([
      asked(
        'clusters',
        api.get('/v1/clusters', listOf(cluster)).then(({ items }) => checkClusters(items)),
      ),
      asked(
        'repositories',
        api.get('/v1/repositories', listOf(repository)).then(({ items }) => checkRepositories(items)),
      ),
      asked(
        'reactions',
        api.get('/v1/log/parked', listOf(parkedSubject)).then(({ items }) => checkParked(items)),
      ),
    ]);
    return [fine('API', `answers at ${api.address.url} and accepts the token`), first, ...rest.flat()];
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const mend =
      isCommandRefused(error) && error.code === 'unauthenticated'
        ? 'Take the token of this installation, or one that syncline token create gave.'
        : 'Start Syncline, or set SYNCLINE_URL and SYNCLINE_TOKEN for one that runs elsewhere.';
    return [wrong('API', what, mend)];
  }
};

import { isCommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';
import { listOf, repository, written, type Repository } from '../client/contract.js';

const looked = written.extend({ outcome: z.string() });

/** What a look at a repository came to. */
export type Looked = {
  readonly position: string;
  /** `unchanged`, `detected` (a new revision), `failed`, or `pending` where it takes long. */
  readonly outcome: string;
  /** The repository as it is known after the look. */
  readonly repository?: Repository;
};

/** Looks at a repository now instead of at the next poll, and gives what came of it. */
export const lookAgain = async (api: ApiClient, name: string): Promise<Looked> => {
  const path = `/v1/repositories/${encodeURIComponent(name)}/refresh`;
  const { position, outcome } = await api.post(path, {}, looked);
  const found = await findAt(api, name, position);
  return { position, outcome, ...(found && { repository: found }) };
};

/** The repository as the views know it at a position; undefined where they do not come that far in time. */
const findAt = async (api: ApiClient, name: string, position: string): Promise<Repository | undefined> => {
  const path = `/v1/repositories?at-least=${encodeURIComponent(position)}`;
  const answer = await api.get(path, listOf(repository)).catch((error: unknown) => {
    if (isCommandRefused(error) && error.code === 'views-behind') return undefined;
    throw error;
  });
  return answer?.items.find((one) => one.repository === name);
};

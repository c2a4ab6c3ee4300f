import { isCommandRefused } from '@syncline/kernel';

import type { ApiClient } from '../client/api-client.js';
import { listOf, repository, written } from '../client/contract.js';

/** Whether the views hold a position; the API itself waits some seconds for that. */
const hold = (api: ApiClient, position: string): Promise<boolean> =>
  api.get(`/v1/repositories?at-least=${encodeURIComponent(position)}`, listOf(repository)).then(
    () => true,
    (error: unknown) => {
      if (isCommandRefused(error) && error.code === 'views-behind') return false;
      throw error;
    },
  );

/** Resolves when the views hold everything that the log holds now: what services recorded at their start. */
export const untilViewsHoldAll = async (api: ApiClient): Promise<void> => {
  const { position } = await api.get('/v1/log', written);
  while (!(await hold(api, position)));
};

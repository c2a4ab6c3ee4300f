import type { ClusterCalls } from '@syncline/kernel';

import { EventStoreError } from './event-store-error.js';

/** Calls that are not waited for any longer once the service ends: an answer may take a minute, an end may not. */
export const cutCalls = (calls: ClusterCalls, stopping: AbortSignal): ClusterCalls => ({
  call: async <Result>(...[cluster, method, ...rest]: Parameters<ClusterCalls['call']>): Promise<Result> => {
    const cut = Promise.withResolvers<never>();
    const stop = (): void => {
      const message = `${method} on ${cluster} is not waited for any longer: the service ends`;
      cut.reject(new EventStoreError('stopping', message, cluster));
    };
    if (stopping.aborted) stop();
    else stopping.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([cut.promise, calls.call<Result>(cluster, method, ...rest)]);
    } finally {
      stopping.removeEventListener('abort', stop);
    }
  },
});

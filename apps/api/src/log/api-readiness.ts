import type { Hub } from '@syncline/event-store';
import type { Projector } from '@syncline/read-models';

import { lastOf } from './projection-metrics.js';

const tolerated = 500;

/** What the API lacks for work, in sentences: the log, Postgres, views that hold nearly all of the log. */
export const readinessOf =
  (hub: Pick<Hub, 'missing' | 'log'>, projector: Projector) => async (): Promise<readonly string[]> => {
    const missing = [...hub.missing()];
    if (missing.length > 0) return missing;
    const last = await lastOf(hub);
    if (last === undefined) return ['the log does not answer'];
    const behind = last - projector.sequence;
    return [
      ...(projector.away === undefined ? [] : [projector.away]),
      ...(projector.away === undefined && behind > tolerated
        ? [`the views are ${behind} messages behind the log`]
        : []),
    ];
  };

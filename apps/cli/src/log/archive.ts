import { archiveLog } from '@syncline/archive';
import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { openPlace } from './archive-place.js';

/** Where to archive to. */
export type ArchiveOptions = CommonOptions & { readonly to: string };

const noContent = 204;

const nextSegment = async (
  api: ApiClient,
  after: number,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array> | undefined> => {
  const response = await api.request('GET', `/v1/log/segment?after=${after}`, undefined, { signal });
  return response.status === noContent || !response.body ? undefined : response.body;
};

/** Signs the log and adds what was signed to an archive, in segments that can be verified and put back. */
export const archive = async (surroundings: Surroundings, options: ArchiveOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const store = openPlace(options.to);
  const { signal, err } = surroundings;
  await api.post('/v1/log/checkpoint', {}, z.looseObject({}));
  const { segments, end } = await archiveLog({
    ...{ store, signal },
    next: (after) => nextSegment(api, after, signal),
    onSegment: ({ name, from }, { size }) => err(`${name}  messages ${from} to ${size}`),
  });
  session.show({ place: store.place, segments, size: end?.size ?? 0, root: end?.root ?? null }, () =>
    segments === 0
      ? `Nothing was signed since the last segment: ${store.place} holds the log up to position ${end?.size ?? 0}.`
      : `${store.place} holds the log up to position ${end?.size ?? 0}. Check it: syncline log verify ${options.to}`,
  );
};

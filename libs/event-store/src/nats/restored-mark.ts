import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';

import { EventStoreError } from '../event-store-error.js';
import { eventsStream } from '../streams.js';

const restoredKey = 'syncline-restored';
const restoringKey = 'syncline-restoring';

type Marked = Pick<Partial<StreamConfig>, 'metadata'>;

/** Of which archive the log is being restored, where that has not ended. */
export const restoringOf = ({ metadata }: Marked): string | undefined => metadata?.[restoringKey];

/** Up to which sequence the log was restored; 0 where it never was. */
export const restoredUpTo = ({ metadata }: Marked): number => {
  const upTo = Number(metadata?.[restoredKey] ?? 0);
  return Number.isSafeInteger(upTo) && upTo > 0 ? upTo : 0;
};

/** Throws where a restore of the log has begun and not ended: it holds a part of what it is to be. */
export const refuseUnfinished = (config: Marked): void => {
  if (restoringOf(config) === undefined) return;
  throw new EventStoreError(
    'log-wrong-configuration',
    'a restore of the log from an archive has not ended; run syncline log restore again before anything is started',
    eventsStream,
  );
};

/** Says in the stream's configuration how a restore stands. Needs the bootstrap credential. */
export const markRestore = async (
  jsm: JetStreamManager,
  mark: { readonly restoring: string } | { readonly restored: number },
): Promise<void> => {
  const { config } = await jsm.streams.info(eventsStream);
  const isMark = (key: string): boolean => key === restoringKey || key === restoredKey;
  const kept = Object.fromEntries(Object.entries(config.metadata ?? {}).filter(([key]) => !isMark(key)));
  const own =
    'restoring' in mark ? { [restoringKey]: mark.restoring } : { [restoredKey]: String(mark.restored) };
  await jsm.streams.update(eventsStream, { ...config, metadata: { ...kept, ...own } });
};

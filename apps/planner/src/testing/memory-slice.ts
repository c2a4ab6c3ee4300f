import { encodeToken } from '@syncline/events';
import { SubjectIndex, matchesSubject, type MemoryWorld } from '@syncline/event-store';
import { clusterOwner, type BlobOwner, type LogMessage } from '@syncline/kernel';

import type { RecordedSlice } from '../shadow/recorded-slice.js';

/** What lies in a world in memory, as a recorded slice: all of it, or its first messages. */
export const sliceOf = async (
  world: MemoryWorld,
  clusters: readonly string[],
  size?: number,
): Promise<RecordedSlice> => {
  const messages = (await Array.fromAsync(world.messages.scan({}))).slice(0, size);
  const index = new SubjectIndex();
  for (const { subject, sequence } of messages) index.add(subject, sequence);
  const owners: readonly BlobOwner[] = ['hub', ...clusters.map((one) => clusterOwner(encodeToken(one)))];
  const at = (sequence: number): readonly LogMessage[] => messages.slice(sequence - 1, sequence);
  return {
    size: messages.length,
    message: (sequence) => Promise.resolve(at(sequence)[0]),
    between: (...of) => index.between(...of),
    lastOf: (...of) => index.lastOf(...of),
    subjects: (filter, upTo) => index.subjects((subject) => matchesSubject(filter, subject), upTo),
    read: (...of) => Promise.resolve(index.between(...of).flatMap(at)),
    blob: async (digest) => {
      for (const owner of owners) {
        const found = await world.blobs.get(owner, digest).catch(() => undefined);
        if (found) return found;
      }
      return undefined;
    },
  };
};

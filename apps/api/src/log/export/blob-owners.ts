import { clusterOwner, type BlobOwner } from '@syncline/kernel';

/** Whose blobs a message may name, in the order in which to look: those of its cluster, and the hub's. */
export const blobOwnersOf = (subject: string): readonly BlobOwner[] => {
  const [, kind, token] = subject.split('.');
  const isOfCluster = kind === 'plan' || kind === 'fleet' || kind === 'cluster';
  return isOfCluster && token !== undefined ? [clusterOwner(token), 'hub'] : ['hub'];
};

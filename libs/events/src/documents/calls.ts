import { z } from 'zod';

import { blobRef } from '../shapes.js';
import { pruneRules } from './application-spec.js';
import { diffDocument } from './plan.js';

/**
 * `rpcs.cluster.<cluster>.diff`: server-side dry run of manifests that the hub stored under the cluster's owner.
 * Answered by {@link diffAnswer}; refused (`cluster-unreachable`) while the API server is out of reach.
 */
export const diffRequest = z.object({
  project: z.string(),
  application: z.string(),
  namespace: z.string(),
  manifests: blobRef,
  prune: pruneRules,
});
/** What the cluster would make of it: as it is where it is small, else as a blob under the cluster's owner. */
export const diffAnswer = z.union([z.object({ diff: blobRef }), z.object({ inline: diffDocument })]);

/** `rpcs.cluster.<cluster>.resources`: what a target holds, down to what its objects own. Answered inline. */
export const resourcesRequest = z.object({ project: z.string(), application: z.string() });

export type ResourcesRequest = z.infer<typeof resourcesRequest>;
export type DiffRequest = z.infer<typeof diffRequest>;
export type DiffAnswer = z.infer<typeof diffAnswer>;

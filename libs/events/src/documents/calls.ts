import { z } from 'zod';

import { blobRef, objectName } from '../shapes.js';
import { healths } from '../types/target.js';
import { ignoreRule, pruneRules } from './application-spec.js';
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
  ignore: z.array(ignoreRule).optional(),
});
/** What the cluster would make of it: as it is where it is small, else as a blob under the cluster's owner. */
export const diffAnswer = z.union([z.object({ diff: blobRef }), z.object({ inline: diffDocument })]);

/**
 * `rpcs.cluster.<cluster>.resources`: what a target holds, down to what its objects own. Answered inline by
 * {@link resourcesAnswer}.
 */
export const resourcesRequest = z.object({ project: z.string(), application: z.string() });

/** One Kubernetes event, as its cluster said it. */
export const resourceEvent = z.object({
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.int(),
  lastSeen: z.string(),
});
/** One object of a target's tree. It never holds the object's content. */
export const resource = z.object({
  object: objectName,
  uid: z.string().optional(),
  /** The uid of the resource of this answer that owns it; absent for what the target itself holds. */
  owner: z.string().optional(),
  health: z.enum(healths),
  message: z.string().optional(),
  createdAt: z.string().optional(),
  /** The newest, warnings first. */
  events: z.array(resourceEvent),
});
/** A target's tree: every resource after its owner. Bounded, so that a message holds it. */
export const resourcesAnswer = z.object({
  resources: z.array(resource),
  /** How many resources were left out. */
  omitted: z.int().nonnegative(),
  /** What the target should hold and the cluster does not have. */
  missing: z.array(objectName),
  /** What could not be looked at, in sentences. */
  notes: z.array(z.string()),
});

export type Resource = z.infer<typeof resource>;
export type ResourceEvent = z.infer<typeof resourceEvent>;
export type ResourcesAnswer = z.infer<typeof resourcesAnswer>;
export type ResourcesRequest = z.infer<typeof resourcesRequest>;
export type DiffRequest = z.infer<typeof diffRequest>;
export type DiffAnswer = z.infer<typeof diffAnswer>;

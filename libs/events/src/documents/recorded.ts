import { z } from 'zod';

import { blobRef, digest, instant, oid } from '../shapes.js';

/** What a plan from the record is for: a deployment again, or objects that were there before. */
export const recordedKinds = ['replay', 'undelete'] as const;

/**
 * Manifests of the record that a target is planned from, in place of what a revision renders to. `plan` is the
 * deployment that they were carried out by, on `cluster`; `manifests` lie among the blobs of the target's own cluster.
 * `instead` is the revision that Git wants there: a request for another one ends it.
 */
export const recordedManifests = z.object({
  kind: z.enum(recordedKinds),
  plan: digest,
  cluster: z.string(),
  manifests: blobRef,
  render: digest,
  namespace: z.string(),
  instead: oid,
  /** Who asked (`person:<id>`), why, and when (RFC 3339). */
  by: z.string(),
  reason: z.string().max(500).optional(),
  since: instant,
});

export type RecordedManifests = z.infer<typeof recordedManifests>;

import { z } from 'zod';

import { digest, objectName, oid } from '../shapes.js';

/** How an object is not as it was applied. */
export const driftChanges = ['changed', 'deleted', 'recreated'] as const;

/**
 * One field that is not as it was applied; `path` as in a plan. `from` is what was applied, `to` what is live; values
 * of Secrets are HMACs. `manager` holds the field now, as far as the API server says.
 */
export const driftedField = z.object({
  path: z.string(),
  change: z.enum(['added', 'changed', 'removed']),
  from: z.json().optional(),
  to: z.json().optional(),
  manager: z.string().optional(),
});

/** One object that is not as it was applied. `fieldCount` counts also the fields that are not listed. */
export const driftedObject = z.object({
  object: objectName,
  uid: z.string().optional(),
  change: z.enum(driftChanges),
  fields: z.array(driftedField),
  fieldCount: z.int().nonnegative(),
});

/** Everything in which a target is not as it was applied (blob of DriftDetected). */
export const driftDocument = z.object({
  version: z.literal(1),
  plan: digest,
  revision: oid,
  objects: z.array(driftedObject),
});

export type DriftedField = z.infer<typeof driftedField>;
export type DriftedObject = z.infer<typeof driftedObject>;
export type DriftDocument = z.infer<typeof driftDocument>;

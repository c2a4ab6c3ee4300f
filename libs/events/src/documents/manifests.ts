import { z } from 'zod';

import { blobRef, objectName } from '../shapes.js';

/**
 * Rendered manifests (blob of PlanDrafted, canonical JSON): the objects in rendered order. Each value of a Secret is
 * a reference `syncline-secret:<64 hex>` into `secrets`, a blob sealed (age) to the applier of the cluster whose
 * plaintext is JSON `{ reference: base64 }`. The render digest is the digest of `objects` alone.
 */
export const manifestsDocument = z.object({
  version: z.literal(1),
  objects: z.array(z.record(z.string(), z.json())),
  secrets: blobRef.optional(),
  /** Sealed values of objects that were brought back from other manifests, one blob for each of those. */
  alsoSecrets: z.array(blobRef).max(50).optional(),
});

/** Past participles of what was done to an object. */
export const outcomes = ['created', 'configured', 'unchanged', 'deleted', 'skipped', 'failed'] as const;

/** What an apply did to each object (blob of ObjectsApplied and ObjectsPruned). */
export const resultsDocument = z.object({
  version: z.literal(1),
  attempt: z.string(),
  results: z.array(
    z.object({
      object: objectName,
      outcome: z.enum(outcomes),
      uid: z.string().optional(),
      generation: z.int().optional(),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
    }),
  ),
});

/** What a target holds after an apply (blob of ApplySucceeded and of failures that left a prefix applied). */
export const inventoryDocument = z.object({
  version: z.literal(1),
  objects: z.array(
    z.object({
      object: objectName,
      uid: z.string(),
      generation: z.int().optional(),
      /** Field paths that this apply set; drift is judged on these. */
      fields: z.array(z.string()).optional(),
    }),
  ),
});

export type ManifestsDocument = z.infer<typeof manifestsDocument>;
export type Manifest = ManifestsDocument['objects'][number];
export type ResultsDocument = z.infer<typeof resultsDocument>;
export type InventoryDocument = z.infer<typeof inventoryDocument>;
export type Outcome = (typeof outcomes)[number];

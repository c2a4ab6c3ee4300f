import { z } from 'zod';

import { blobRef, digest } from '../shapes.js';

/**
 * Something that an application is made from and that lies elsewhere: a chart (`name`) of a Helm repository (`https://…`), or an
 * artifact of an OCI registry (`oci://…`). `version` is a range of versions, or one tag of a registry.
 */
export const artifactReference = z.object({
  url: z.string(),
  name: z.string().optional(),
  version: z.string(),
});

/**
 * What a reference led to: a version, its digest where it lies (SHA-256 of a chart's archive or of a manifest in a registry), and
 * the archive itself, encrypted as packs are.
 */
export const resolvedArtifact = z.object({ version: z.string(), digest, blob: blobRef });

/** Something that lies elsewhere, and what it led to once that is known. */
export const artifactSource = z.object({
  artifact: artifactReference,
  resolved: resolvedArtifact.optional(),
});

export type ArtifactSource = z.infer<typeof artifactSource>;
export type ArtifactReference = z.infer<typeof artifactReference>;
export type ResolvedArtifact = z.infer<typeof resolvedArtifact>;

import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { artifactReference, resolvedArtifact } from '../documents/artifact.js';
import { blobRef, digest, instant } from '../shapes.js';

/** Why an artifact cannot be had: the class that a person or a rule can act on. */
export const artifactFailures = [
  'gone', 'refused', 'no-version', 'unreachable', 'slow', 'too-large', 'corrupt',
] as const; // prettier-ignore

const common = { repository: z.string(), artifact: artifactReference };

export const artifactEvents = [
  defineEvent(
    'ArtifactResolved',
    1,
    'What applications of the repository name leads to another version or other content than before; it is stored.',
    z.object({
      ...common,
      resolved: resolvedArtifact,
      previous: z.object({ version: z.string(), digest }).optional(),
    }),
  ),
  defineEvent(
    'ArtifactFailed',
    1,
    'An artifact cannot be had; what it led to last stays in use. Said once, not per attempt.',
    z.object({ ...common, class: z.enum(artifactFailures), reason: z.string(), since: instant }),
  ),
  defineEvent(
    'ArtifactRecovered',
    1,
    'The artifact can be had again.',
    z.object({ ...common, since: instant }),
  ),
] as const;

export const registryEvents = [
  defineEvent(
    'RegistryRegistered',
    1,
    'Charts and artifacts below an address may be read in a certain way: with a credential, or without encryption.',
    z.object({
      registry: z.string(),
      url: z.string(),
      plainHttp: z.boolean(),
      credential: blobRef.optional(),
    }),
  ),
] as const;

export type RegistryEvent = EventOf<typeof registryEvents>;
export type ArtifactEvent = EventOf<typeof artifactEvents>;
export type ArtifactFailure = (typeof artifactFailures)[number];

import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { blobRef, hostKey, instant, oid, signature } from '../shapes.js';

/** Why a fetch failed: the class that a person or a rule can act on. */
export const fetchFailures = [
  'gone', 'empty', 'slow', 'refused', 'ref-vanished', 'unreachable', 'too-large', 'corrupt', 'host-key', 'unequipped', 'no-space',
] as const; // prettier-ignore

/** Why a revision is recorded and never planned. */
export const revisionRefusals = ['unsigned', 'wrongly-signed', 'unknown-signer'] as const;

/** What of a remote is followed. The name of `semver` is a range of versions: the highest tag in it is followed. */
export const trackedRef = z.object({ kind: z.enum(['branch', 'tag', 'commit', 'semver']), name: z.string() });

export const repositoryEvents = [
  defineEvent(
    'RepositoryRegistered',
    1,
    'A Git remote may be read from now on; a later one of the same name replaces the registration.',
    z.object({
      repository: z.string(),
      url: z.string(),
      ref: trackedRef,
      paths: z.array(z.string()),
      include: z.array(z.string()),
      pollSeconds: z.int().positive(),
      credential: blobRef.optional(),
      /** The keys by which its SSH host is known; no other is believed. */
      hostKeys: z.array(hostKey).max(20).optional(),
      /** Whose signature a revision must bear to be planned: an OpenPGP keyring, a file of allowed SSH signers. */
      signers: z.object({ keyring: blobRef.optional(), allowedSigners: blobRef.optional() }).optional(),
    }),
  ),
  defineEvent(
    'HostKeysTrusted',
    1,
    "Somebody compared the fingerprints of a repository's SSH host, and its keys are believed from now on, in place of those before.",
    z.object({ repository: z.string(), hostKeys: z.array(hostKey).min(1).max(20) }),
  ),
  defineEvent(
    'RevisionDetected',
    1,
    'The tracked ref stands at a commit that was not seen there before; its objects are stored as a pack.',
    z.object({
      repository: z.string(),
      ref: trackedRef,
      /** The tag that a range of versions led to. */
      tag: z.string().optional(),
      revision: oid,
      tree: oid,
      parents: z.array(oid),
      author: signature,
      committer: signature,
      message: z.string(),
      previous: oid.optional(),
      forced: z.boolean(),
      reverts: z.array(oid),
      /** Objects that are new since `base`; all of them where there is no base. */
      pack: blobRef,
      base: oid.optional(),
      /** Submodules at the commits that the revision records; one with a problem is not followed. At most 50 are listed. */
      submodules: z
        .array(z.object({ path: z.string(), revision: oid, problem: z.string().optional() }))
        .max(50)
        .optional(),
      /** The good signature that the commit bears, or the tag that led there; where the repository requires one. */
      signature: z
        .object({
          format: z.enum(['openpgp', 'ssh']),
          bears: z.enum(['commit', 'tag']),
          key: z.string(),
          person: z.string(),
        })
        .optional(),
    }),
  ),
  defineEvent(
    'RevisionRefused',
    1,
    'The tracked ref stands at a commit without the signature that the repository requires. It is never planned, and nothing changes.',
    z.object({
      repository: z.string(),
      ref: trackedRef,
      tag: z.string().optional(),
      revision: oid,
      author: signature,
      message: z.string(),
      class: z.enum(revisionRefusals),
      reason: z.string(),
      since: instant,
    }),
  ),
  defineEvent(
    'FetchFailed',
    1,
    'The repository cannot be read; nothing changes until it can. Said once, not per attempt.',
    z.object({ repository: z.string(), class: z.enum(fetchFailures), reason: z.string(), since: instant }),
  ),
  defineEvent(
    'FetchRecovered',
    1,
    'The repository can be read again.',
    z.object({ repository: z.string(), since: instant }),
  ),
] as const;

export type RepositoryEvent = EventOf<typeof repositoryEvents>;
export type FetchFailure = (typeof fetchFailures)[number];
export type RevisionRefusal = (typeof revisionRefusals)[number];
export type TrackedRef = z.infer<typeof trackedRef>;

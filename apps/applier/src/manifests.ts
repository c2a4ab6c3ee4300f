import { manifestsDocument, type Manifest } from '@syncline/events';
import { CommandRefused, digestOf, type BlobRef } from '@syncline/kernel';
import { unseal } from '@syncline/sealing';
import { z } from 'zod';

import type { Documents } from './documents.js';

const secretValues = z.record(z.string().regex(/^[0-9a-f]{64}$/), z.base64());

/** Rendered objects, and the values behind their references, which stay in memory for one diff or apply. */
export type OpenedManifests = {
  readonly objects: readonly Manifest[];
  readonly secrets: ReadonlyMap<string, string>;
  /** The digest of the objects as they are stored: with references in place of values. */
  readonly render: string;
};

/** Reads manifests and unseals their Secret values. Errors say nothing of what was sealed. */
export const openManifests = async (
  documents: Documents,
  identity: string,
  ref: BlobRef,
): Promise<OpenedManifests> => {
  const { objects, secrets, alsoSecrets = [] } = await documents.read(ref, manifestsDocument);
  const sealed = [...(secrets ? [secrets] : []), ...alsoSecrets];
  const opened = await Promise.all(sealed.map((one) => openSecrets(documents, identity, one)));
  return {
    objects,
    secrets: new Map(opened.flatMap((values) => [...values])),
    render: digestOf(objects),
  };
};

const openSecrets = async (
  documents: Documents,
  identity: string,
  ref: BlobRef,
): Promise<ReadonlyMap<string, string>> => {
  const plaintext = await unseal(await documents.readBytes(ref), identity);
  const values = parseSecrets(new TextDecoder().decode(plaintext));
  if (values) return new Map(Object.entries(values));
  throw new CommandRefused(
    'secrets-unreadable',
    'The sealed values of the Secrets are not what a plan carries. Plan the target anew.',
  );
};

const parseSecrets = (text: string): Readonly<Record<string, string>> | undefined => {
  try {
    return secretValues.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
};

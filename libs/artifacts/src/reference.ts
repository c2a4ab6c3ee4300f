import type { ArtifactReference } from '@syncline/events';

import { ArtifactError } from './artifact-error.js';

/** Where an artifact lies: a chart of a Helm repository, or a name in an OCI registry. */
export type Address =
  | { readonly kind: 'helm'; readonly base: URL; readonly chart: string }
  | { readonly kind: 'oci'; readonly base: URL; readonly repository: string };

const readUrl = (text: string): URL => {
  try {
    return new URL(text);
  } catch (cause) {
    throw new ArtifactError('refused', `"${text}" is no address`, cause);
  }
};

/** Reads a reference. `plainHttp` is for registries that are registered so. Throws {@link ArtifactError} `refused`. */
export const addressOf = ({ url, name }: ArtifactReference, plainHttp: boolean): Address => {
  const read = readUrl(url.replace(/^oci:/, 'https:'));
  if (read.username !== '' || read.password !== '')
    throw new ArtifactError('refused', `the address of ${read.host} must hold no credential`);
  if (url.startsWith('oci:')) {
    const base = new URL(`${plainHttp ? 'http' : 'https'}://${read.host}`);
    return { kind: 'oci', base, repository: read.pathname.replaceAll(/^\/+|\/+$/g, '') };
  }
  const base = new URL(read);
  base.pathname = base.pathname.replace(/\/*$/, '/');
  return { kind: 'helm', base, chart: name ?? '' };
};

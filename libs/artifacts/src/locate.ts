import type { ArtifactReference } from '@syncline/events';

import { locateChart, type Located } from './helm-repository.js';
import type { Access } from './http.js';
import { limits as usual, type Limits } from './limits.js';
import { locateArtifactIn } from './oci-registry.js';
import { addressOf } from './reference.js';

/** A user and password, or a token, for one server. */
export type RegistryCredential = {
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
};

/** How a server may be reached. */
export type RegistryAccess = {
  readonly credential?: RegistryCredential;
  /** It is registered as one without encryption. */
  readonly plainHttp?: boolean;
};

const authorizationOf = ({ username, password, token }: RegistryCredential): string => {
  if (username === undefined && password === undefined) return `Bearer ${token ?? ''}`;
  const pair = `${username ?? ''}:${password ?? token ?? ''}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
};

/**
 * Finds what a reference names now: the highest version in its range, and its digest. Nothing of the content is read before `fetch`.
 * Throws {@link ArtifactError}.
 */
export const locateArtifact = (
  reference: ArtifactReference,
  { credential, plainHttp = false }: RegistryAccess,
  signal: AbortSignal,
  limits: Limits = usual,
): Promise<Located> => {
  const address = addressOf(reference, plainHttp);
  const access: Access = {
    origin: address.base.origin,
    plainHttp,
    ...(credential && { authorization: authorizationOf(credential) }),
  };
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(limits.totalMs)]);
  const look = { reference, access, limits, signal: bounded };
  return address.kind === 'helm' ? locateChart(address, look) : locateArtifactIn(address, look);
};

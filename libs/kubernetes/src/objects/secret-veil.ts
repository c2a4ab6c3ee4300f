import { canonicalJson, hmacHex } from '@syncline/kernel';

import type { KubeObject } from './kube-object.js';

/** kubectl keeps the whole manifest, values included, in this annotation. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whether an object is a Secret of the core group, whose values are never shown. */
export const isSecret = ({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean =>
  apiVersion === 'v1' && kind === 'Secret';

const dataOf = (object: KubeObject): Readonly<Record<string, string>> =>
  (object.data as Record<string, string> | null | undefined) ?? {};

/** The HMAC by which one value of a Secret is compared; bound to its place, so that equal values elsewhere do not show. */
export const hmacOfValue = (key: Uint8Array, secret: KubeObject, field: string, base64: string): string => {
  const value = Buffer.from(base64, 'base64').toString('base64');
  const { namespace = '', name = '' } = secret.metadata;
  return hmacHex(key, canonicalJson([namespace, name, field, value]));
};

const hmacsByField = (key: Uint8Array, secret: KubeObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(dataOf(secret)).map(([field, value]) => [field, hmacOfValue(key, secret, field, value)]),
  );

/** The HMAC of each value of a Secret by its field, `/data/<key>`. */
export const secretHmacs = (key: Uint8Array, secret: KubeObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(hmacsByField(key, secret)).map(([field, hmac]) => [`/data/${escapePointer(field)}`, hmac]),
  );

/** A JSON pointer token (RFC 6901). */
export const escapePointer = (token: string): string => token.replaceAll('~', '~0').replaceAll('/', '~1');

/** A Secret with an HMAC in place of each value, and any other object as it is: what may be compared and digested. */
export const veil = (key: Uint8Array, object: KubeObject): KubeObject => {
  if (!isSecret(object)) return object;
  const { annotations, ...metadata } = object.metadata;
  const applied = annotations?.[lastApplied];
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(annotations && {
        annotations:
          applied === undefined ? annotations : { ...annotations, [lastApplied]: hmacHex(key, applied) },
      }),
    },
    ...(object.data !== undefined && { data: hmacsByField(key, object) }),
  };
};

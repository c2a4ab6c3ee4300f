import { canonicalJson, sha256Hex } from '@syncline/kernel';

import { identityOf, type KubeObject } from '../objects/kube-object.js';
import type { Wanted } from '../objects/wanted.js';

/** An object in the state in which applying a body changes nothing. */
type Applied = { readonly uid: string; readonly resourceVersion: string; readonly body: string };

const mostObjects = 50_000;

const bodyDigest = (body: KubeObject): string => sha256Hex(new TextEncoder().encode(canonicalJson(body)));

const applied = ({ metadata }: KubeObject, body: KubeObject): Applied => ({
  uid: metadata.uid ?? '',
  resourceVersion: metadata.resourceVersion ?? '',
  body: bodyDigest(body),
});

/**
 * Objects of which is known that applying their manifest again changes nothing: it was applied, or a dry run has shown it,
 * and the object has not been written since. They need no dry run. About 250 bytes each, the oldest forgotten first.
 */
export class KnownApplied {
  readonly #known = new Map<string, Applied>();

  /** Applying what is wanted leaves this very object as it is. */
  note({ object, body }: Pick<Wanted, 'object' | 'body'>, live: KubeObject): void {
    const key = identityOf(object);
    this.#known.delete(key);
    this.#known.set(key, applied(live, body));
    if (this.#known.size <= mostObjects) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  /** Whether this body is the one that was applied last, whatever became of the object since. */
  wasApplied({ object, body }: Pick<Wanted, 'object' | 'body'>): boolean {
    return this.#known.get(identityOf(object))?.body === bodyDigest(body);
  }

  has({ object, body }: Wanted, live: KubeObject): boolean {
    const known = this.#known.get(identityOf(object));
    if (!known || known.resourceVersion !== live.metadata.resourceVersion) return false;
    return known.uid === live.metadata.uid && known.body === bodyDigest(body);
  }
}

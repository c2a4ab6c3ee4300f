import type { RevisionRefusal } from '@syncline/events';

import type { GitSignature } from '../mirror/parse-commit.js';

/** Whose signatures are good: OpenPGP public keys in ASCII armour, and an allowed signers file (ssh-keygen(1)). */
export type SignaturePolicy = { readonly keyring?: string; readonly allowedSigners?: string };

/** How a signature was made. */
export type SignatureFormat = 'openpgp' | 'ssh';

/** A good signature: which key, whose by the policy, and whether the commit bears it or the tag that leads there. */
export type GoodSignature = {
  readonly format: SignatureFormat;
  /** The fingerprint of the key. */
  readonly key: string;
  readonly signer: Pick<GitSignature, 'name' | 'email'>;
  readonly bears: 'commit' | 'tag';
};

/** What a policy makes of a revision. */
export type Verdict =
  | { readonly isGood: true; readonly signature: GoodSignature }
  | { readonly isGood: false; readonly class: RevisionRefusal; readonly reason: string };

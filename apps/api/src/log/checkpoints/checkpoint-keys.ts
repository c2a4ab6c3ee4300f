import { sha256Hex } from '@syncline/kernel';
import type { CheckpointsCommand, CheckpointsState } from '@syncline/domain';
import { announceKey, formatVerifier, signerOf, type Signer } from '@syncline/log-proofs';

/** The secret bytes of the Ed25519 key that signs, and of the one before it while the log knows that one. */
export type CheckpointKeys = {
  readonly current: Uint8Array;
  readonly previous?: Uint8Array;
  /** How the log is called in its checkpoints; what the log itself says where it is left out. */
  readonly origin?: string;
};

const nameLength = 16;

/** A name that no other log has: made of the first key, and kept when that gives way to another. */
const usualOrigin = (secret: Uint8Array): string => {
  const { publicKey } = signerOf('syncline', secret).verifier;
  return `syncline/${sha256Hex(publicKey).slice(0, nameLength)}`;
};

/** Who signs the checkpoints of a log of which this is known. */
export const signerFor = ({ current, origin }: CheckpointKeys, state: CheckpointsState): Signer =>
  signerOf(origin ?? state.origin ?? usualOrigin(current), current);

/** The announcement of the key that signs from now on: it signs for itself, and the one before it signs it. */
export const announcementOf = (keys: CheckpointKeys, state: CheckpointsState): CheckpointsCommand => {
  const signer = signerFor(keys, state);
  const origin = signer.verifier.name;
  const former = keys.previous && signerOf(origin, keys.previous);
  const isKnown = former !== undefined && formatVerifier(former.verifier) === state.key;
  const key = formatVerifier(signer.verifier);
  return {
    type: 'announce',
    data: {
      ...{ origin, key, note: announceKey(signer, isKnown ? former : undefined) },
      ...(isKnown && { previous: formatVerifier(former.verifier) }),
    },
  };
};

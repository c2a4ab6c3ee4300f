import { lastRevision, type Detected, type Registered } from '@syncline/domain';
import {
  GitError,
  openRemote,
  type CommitDetails,
  type ConcreteRef,
  type GitCredential,
  type GoodSignature,
  type Mirror,
  type Remote,
  type SignaturePolicy,
  type Verdict,
} from '@syncline/git';

import { followSubmodules } from './follow-submodules.js';
import type { Mirrors } from './mirrors.js';

/** A revision that the tracked ref stands at now and did not before. */
export type FoundRevision = {
  readonly commit: CommitDetails;
  /** The tag that a range of versions led to. */
  readonly tag?: string;
  readonly forced: boolean;
  readonly saidReverts: readonly string[];
  /** The revision on whose tree the pack builds; absent where it holds the whole tree. */
  readonly base?: string;
  readonly pack: Uint8Array;
  readonly signature?: GoodSignature;
  readonly submodules?: NonNullable<Detected['submodules']>;
};

/** A revision that the tracked ref stands at, and that the policy of the repository refuses. */
export type RefusedRevision = Pick<FoundRevision, 'commit' | 'tag'> & {
  readonly refusal: Extract<Verdict, { isGood: false }>;
};

/** What a look at a remote needs. */
export type Look = {
  readonly state: Registered;
  readonly mirrors: Mirrors;
  readonly credential?: GitCredential;
  /** Whose signature a revision must bear. */
  readonly policy?: () => Promise<SignaturePolicy>;
  readonly signal: AbortSignal;
};

/** Failures that a mirror on a lost or broken disk has too. */
const isLocal = (error: unknown): boolean =>
  error instanceof GitError && ['corrupt', 'object-missing', 'git-failed'].includes(error.code);

/**
 * Looks at the remote: undefined where the tracked ref stands at the last revision, `still-refused` at one that was refused. A mirror that turns out to be broken is made
 * anew, once, before the remote is blamed.
 */
export const findRevision = async (
  look: Look,
): Promise<FoundRevision | RefusedRevision | 'still-refused' | undefined> => {
  const { state, credential, signal, mirrors } = look;
  const { url, ref, repository, hostKeys } = state.registration;
  const remote = openRemote({ url, ...(credential && { credential }), ...(hostKeys && { hostKeys }) });
  const { oid, ref: at } = await remote.locate(ref, signal);
  if (oid === lastRevision(state)) return undefined;
  // A tag may be signed anew and still lead to the same commit.
  if (oid === state.refused && at.kind !== 'tag') return 'still-refused';
  try {
    return await fetchRevision(look, remote, at);
  } catch (error) {
    if (!isLocal(error)) throw error;
    await mirrors.renew(repository);
    return fetchRevision(look, remote, at);
  }
};

const fetchRevision = async (
  look: Look,
  remote: Remote,
  ref: ConcreteRef,
): Promise<FoundRevision | RefusedRevision | undefined> => {
  const { state, mirrors, policy, signal } = look;
  const { include } = state.registration;
  const mirror = await mirrorFor(state, mirrors);
  const head = await remote.fetch(ref, mirror, { history: state.base !== undefined, include, signal });
  if (head === lastRevision(state)) return undefined;
  const commit = await mirror.readCommit(head);
  const tag = state.registration.ref.kind === 'semver' ? { tag: ref.name } : {};
  const verdict = policy && (await mirror.verifySignature(head, ref, await policy()));
  if (verdict && !verdict.isGood) return { commit, ...tag, refusal: verdict };
  const hasBase = state.base !== undefined && (await mirror.hasCommit(state.base));
  const isAhead = hasBase && (await mirror.isAncestor(state.base, head));
  const base = hasBase ? { base: state.base } : {};
  const { parts, submodules } = await followSubmodules(look, { mirror, head, hasBase });
  return {
    commit,
    ...tag,
    ...(verdict && { signature: verdict.signature }),
    forced: state.base !== undefined && !isAhead,
    saidReverts: await mirror.readReverts(head, isAhead ? state.base : undefined),
    pack: await mirror.makePack({ head, include, parts, signal, ...base }),
    ...(submodules.length > 0 && { submodules }),
    ...base,
  };
};

/** Where there is no base, what the mirror holds belongs to another address or ref. */
const mirrorFor = ({ base, registration }: Registered, mirrors: Mirrors): Promise<Mirror> =>
  base === undefined ? mirrors.renew(registration.repository) : mirrors.open(registration.repository);

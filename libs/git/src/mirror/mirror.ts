import type { ConcreteRef } from '../remote/remote.js';
import type { SignaturePolicy, Verdict } from '../signatures/policy.js';
import type { Submodule, SubmoduleOptions } from './submodules.js';
import type { CommitDetails } from './parse-commit.js';

/** A submodule's commit in the mirror that holds it, and where it lies in the repository. */
export type PackPart = { readonly dir: string; readonly oid: string; readonly path: string };

/** What a pack is to hold. */
export type PackOptions = {
  readonly head: string;
  /** The revision whose tree the reader has; without it the pack holds all of the head's tree. */
  readonly base?: string;
  /** Which files' contents go along: globs and folders; all of them where there is none. */
  readonly include?: readonly string[];
  /** Submodules whose commits and trees go along. */
  readonly parts?: readonly PackPart[];
  /** 256 MiB by default; a larger pack is refused with `too-large`. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
};

/** A bare repository in which a remote's tracked ref is kept. It holds nothing that cannot be fetched again. */
export interface Mirror {
  readonly dir: string;
  /** Whether a commit is here. */
  hasCommit(oid: string): Promise<boolean>;
  readCommit(oid: string): Promise<CommitDetails>;
  /** Whether `descendant` holds `ancestor` in its history; not where either is not here. */
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** The commits which the messages from `base` (exclusive; absent: of `head` alone) to `head` say they revert. */
  readReverts(head: string, base?: string): Promise<readonly string[]>;
  /** The submodules of a revision, and where each comes from. */
  submodules(head: string, options: SubmoduleOptions): Promise<readonly Submodule[]>;
  /** What a policy makes of the commit at which a ref stood when it was fetched last. */
  verifySignature(oid: string, ref: ConcreteRef, policy: SignaturePolicy): Promise<Verdict>;
  /**
   * One pack: the head with its whole tree less what the base's tree holds, and the commits between them. Whoever has the
   * base's tree and this pack can read the head.
   */
  makePack(options: PackOptions): Promise<Uint8Array>;
  /** Removes it from the disk; the next use begins anew. */
  drop(): Promise<void>;
}

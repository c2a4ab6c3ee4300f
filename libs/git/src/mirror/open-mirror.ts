import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { GitError } from '../git-error.js';
import { ensureBareRepository } from '../process/bare-repository.js';
import { git, runGit } from '../process/run-git.js';
import type { ConcreteRef } from '../remote/remote.js';
import type { SignaturePolicy, Verdict } from '../signatures/policy.js';
import { verifySignature } from '../signatures/verify-signature.js';
import type { Mirror, PackOptions } from './mirror.js';
import { makePack } from './pack.js';
import { readSubmodules, type Submodule, type SubmoduleOptions } from './submodules.js';
import { trackedHead } from './tracked-head.js';
import { parseCommit, revertsIn, type CommitDetails } from './parse-commit.js';

const mostMessages = '1000';

/** Opens the mirror in a folder, and makes it where there is none. One process may hold a folder at a time. */
export const openMirror = async (dir: string): Promise<Mirror> => {
  await ensureBareRepository(dir);
  await removeLeftovers(dir);
  return new BareMirror(dir);
};

/** Locks and half-written packs of a git that was killed: nobody else works here, so they are nobody's. */
const removeLeftovers = async (dir: string): Promise<void> => {
  const names = await readdir(dir, { recursive: true }).catch(() => []);
  const leftovers = names.filter((name) => /\.lock$|(^|\/)tmp_[^/]*$/.test(name));
  await Promise.all(leftovers.map((name) => rm(join(dir, name), { recursive: true, force: true })));
};

class BareMirror implements Mirror {
  constructor(readonly dir: string) {}

  async hasCommit(oid: string): Promise<boolean> {
    const { exitCode } = await runGit({ dir: this.dir, args: ['cat-file', '-e', `${oid}^{commit}`] });
    return exitCode === 0;
  }

  async readCommit(oid: string): Promise<CommitDetails> {
    const { exitCode, stdout } = await runGit({ dir: this.dir, args: ['cat-file', 'commit', oid] });
    if (exitCode !== 0) throw new GitError('object-missing', `the commit ${oid} is not in the mirror`, oid);
    return parseCommit(oid, stdout);
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    const args = ['merge-base', '--is-ancestor', ancestor, descendant];
    return (await runGit({ dir: this.dir, args })).exitCode === 0;
  }

  async readReverts(head: string, base?: string): Promise<readonly string[]> {
    const range =
      base === undefined ? ['--max-count=1', head] : [`--max-count=${mostMessages}`, `${base}..${head}`];
    const messages = await git({ dir: this.dir, args: ['log', '--format=%B', ...range, '--'] });
    return [...new Set(revertsIn(messages.toString()))];
  }

  submodules(head: string, options: SubmoduleOptions): Promise<readonly Submodule[]> {
    return readSubmodules(this.dir, head, options);
  }

  async verifySignature(oid: string, ref: ConcreteRef, policy: SignaturePolicy): Promise<Verdict> {
    const tip = await git({ dir: this.dir, args: ['rev-parse', '--verify', trackedHead] });
    return verifySignature({ dir: this.dir, oid, ref, tip: tip.toString().trim() }, policy);
  }

  makePack(options: PackOptions): Promise<Uint8Array> {
    return makePack(this.dir, options);
  }

  drop(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

import { GitError } from '../git-error.js';

/** Who and when, as Git has it. `at` is RFC 3339 in UTC. */
export type GitSignature = { readonly name: string; readonly email: string; readonly at: string };

/** A commit. The message is cut where it is longer than anybody reads. */
export type CommitDetails = {
  readonly oid: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: GitSignature;
  readonly committer: GitSignature;
  readonly message: string;
};

const longestMessage = 8_000;
const longestName = 200;
const lastSecond = 253_402_300_799;
const unknownSignature: GitSignature = { name: '', email: '', at: new Date(0).toISOString() };

const decode = (bytes: Buffer, encoding: string): string => {
  try {
    return new TextDecoder(encoding).decode(bytes);
  } catch {
    return new TextDecoder('latin1').decode(bytes);
  }
};

/** `Name <email> seconds zone`; what tools have written differently over the years is read as far as it goes. */
const readSignature = (line: string | undefined): GitSignature => {
  const match = /^(.*?) ?<([^>]*)>(?: (-?\d+))?/.exec(line ?? '');
  if (!match) return unknownSignature;
  const seconds = Math.min(Math.max(Number(match[3] ?? 0), 0), lastSecond);
  return {
    name: (match[1] ?? '').slice(0, longestName),
    email: (match[2] ?? '').slice(0, longestName),
    at: new Date(seconds * 1000).toISOString(),
  };
};

const shorten = (message: string): string =>
  message.length <= longestMessage ? message : `${message.slice(0, longestMessage).toWellFormed()}…`;

/** Reads a commit object: header lines, an empty line, the message (git-commit-tree, gitformat). */
export const parseCommit = (oid: string, bytes: Buffer): CommitDetails => {
  const end = bytes.indexOf('\n\n');
  const head = bytes.subarray(0, end < 0 ? bytes.length : end);
  const encoding = /^encoding (.+)$/m.exec(head.toString('latin1'))?.[1] ?? 'utf-8';
  const lines = decode(head, encoding).split('\n');
  const valuesOf = (name: string): string[] =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const [tree] = valuesOf('tree');
  if (tree === undefined) throw new GitError('corrupt', `${oid} is no commit`, oid);
  return {
    oid,
    tree,
    parents: valuesOf('parent'),
    author: readSignature(valuesOf('author')[0]),
    committer: readSignature(valuesOf('committer')[0]),
    message: shorten(end < 0 ? '' : decode(bytes.subarray(end + 2), encoding)),
  };
};

/** The commits that a message says it reverts, in the words that `git revert` writes. */
export const revertsIn = (message: string): readonly string[] =>
  [...message.matchAll(/^This reverts commit ([0-9a-f]{40})\b/gm)].flatMap(([, oid]) => oid ?? []);

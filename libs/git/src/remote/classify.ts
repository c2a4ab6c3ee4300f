import type { FetchFailure } from '@syncline/events';

import { GitError } from '../git-error.js';
import type { ConcreteRef } from './remote.js';

const sentences: Record<FetchFailure, (remote: string) => string> = {
  gone: (remote) => `There is no repository at ${remote}, or none that may be seen.`,
  empty: (remote) => `The repository at ${remote} has no commits.`,
  slow: (remote) => `${remote} did not answer in time.`,
  refused: (remote) => `${remote} refuses access.`,
  'ref-vanished': (remote) => `The tracked ref is not in the repository at ${remote}.`,
  unreachable: (remote) => `${remote} is out of reach.`,
  'too-large': (remote) => `The repository at ${remote} is larger than the limit.`,
  'host-key': (remote) => `The host of ${remote} shows a key that is not trusted.`,
  unequipped: (remote) => `${remote} cannot be read with what is installed beside git-watcher.`,
  'no-space': (remote) => `There is no room on git-watcher's disk for what ${remote} has.`,
  corrupt: (remote) => `What ${remote} gave is not a sound Git repository.`,
};

const printable = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 600);

/** A failure to read a remote: one sentence for its class, and what else is known. */
export const fetchError = (failure: FetchFailure, remote: string, detail = '', cause?: unknown): GitError => {
  const known = printable(detail);
  const sentence = sentences[failure](remote);
  return new GitError(failure, known === '' ? sentence : `${sentence} ${known}`, remote, cause);
};

/** The sentence that says which ref is missing. */
export const refVanished = (ref: ConcreteRef, remote: string): GitError =>
  new GitError('ref-vanished', `The ${ref.kind} ${ref.name} is not in the repository at ${remote}.`, remote);

/** The sentence that says that no tag is in the range, and which would be the highest. */
export const noTagInRange = (range: string, newest: string | undefined, remote: string): GitError => {
  const there = newest === undefined ? 'There is no tag that names a version.' : `The highest is ${newest}.`;
  const sentence = `No tag of the repository at ${remote} is in the range ${range}. ${there}`;
  return new GitError('ref-vanished', sentence, remote);
};

/** What git says in which case, in the order in which it is asked; the texts are git's and libcurl's (LC_ALL=C). */
const spoken: readonly (readonly [FetchFailure, RegExp])[] = [
  ['no-space', /^(?!remote:).*(no space left on device|disk quota exceeded)/im],
  ['host-key', /host key verification failed/i],
  ['unequipped', /cannot run ssh|ssh: not found/i],
  ['ref-vanished', /couldn't find remote ref|not our ref|no such remote ref|request for unadvertised object/i],
  ['corrupt', /remote: .*(corrupt|missing|bad object|unable to read|broken)|mismatched algorithms/i],
  ['refused', /authentication failed|could not read username|returned error: (40[13]|30\d)|dubious ownership|permission denied|error loading key|too many authentication failures|transport '.*' not allowed/i],
  ['gone', /returned error: (404|410)|repository .*not found|does not appear to be a git repository|does not exist|no such file/i],
  ['slow', /operation too slow|timed out during banner exchange|timeout, server .* not responding|operation timed out|less than \d+ bytes\/sec/i],
  ['unreachable', /could not resolve|failed to connect|couldn't connect|connection (refused|reset|timed out)|early eof|unexpected disconnect|hung up|connection closed|kex_exchange|no route to host|network is unreachable|returned error: (429|5\d\d)|ssl|certificate|rpc failed|empty reply/i],
  ['corrupt', /corrupt|index-pack failed|invalid index-pack|bad object|inflate|protocol error|bad line length|missing|bad pack|not valid/i],
]; // prettier-ignore

/** What git says of every failure over SSH, whatever it was; the reason stands before it. */
const saysNothing =
  /^(?:fatal: )?(?:Could not read from remote repository\.|Please make sure|and the repository|\s*$)/i;

const lastWords = (stderr: string): string => {
  const lines = stderr.split('\n').filter((line) => !saysNothing.test(line));
  const words = lines.findLast((line) => /^(fatal|error): /.test(line)) ?? lines.at(-1) ?? '';
  return words.replace(/^(fatal|error|remote|ERROR): /, '');
};

/** The failure behind git's own words. `stderr` is redacted already. */
export const classifyStderr = (stderr: string, remote: string): GitError => {
  const [failure] = spoken.find(([, pattern]) => pattern.test(stderr)) ?? ['unreachable' as const];
  return fetchError(failure, remote, lastWords(stderr));
};

/** The failure behind an HTTP status. */
export const classifyStatus = (status: number, remote: string, hasCredential: boolean): GitError => {
  if (status === 401 || status === 403 || status === 407 || status === 203) {
    const what = hasCredential ? 'It does not accept the credential.' : 'It asks for a credential.';
    return fetchError('refused', remote, what);
  }
  if (status === 404 || status === 410) return fetchError('gone', remote, `It answers HTTP ${status}.`);
  if (status === 408 || status === 504) return fetchError('slow', remote, `It answers HTTP ${status}.`);
  const failure = status === 429 || status >= 500 ? 'unreachable' : 'corrupt';
  return fetchError(failure, remote, `It answers HTTP ${status}.`);
};

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval } from 'node:timers';

import { GitError } from '../git-error.js';
import type { Mirror } from '../mirror/mirror.js';
import { tidyMirror } from '../mirror/tidy-mirror.js';
import { trackedHead } from '../mirror/tracked-head.js';
import { git, runGit } from '../process/run-git.js';
import { classifySaid } from './classify-said.js';
import { fetchError } from './classify.js';
import { refNameOf } from './ref-names.js';
import type { ConcreteRef, RemoteOptions } from './remote.js';
import { nameOfRemote, type RemoteAddress } from './remote-url.js';
import { withTransport } from './transport.js';

const watchMs = 500;
/** As many ids as fit into one command line with ease. */
const filesAtOnce = 2_000;

/** One fetch of the tracked ref. */
export type FetchRun = {
  readonly address: RemoteAddress;
  readonly options: RemoteOptions;
  readonly ref: ConcreteRef;
  readonly mirror: Mirror;
  /** Only the commit itself, without its history. */
  readonly shallow: boolean;
  /** Only commits and folders; files follow by their ids. */
  readonly isPartial: boolean;
  readonly signal?: AbortSignal;
};

/** The size of what a fetch has brought so far: git writes it to a temporary file beside the packs. */
const incomingBytes = async (dir: string): Promise<number> => {
  const packs = join(dir, 'objects', 'pack');
  const names = (await readdir(packs).catch(() => [])).filter((name) => name.startsWith('tmp_pack'));
  const sizes = names.map((name) => stat(join(packs, name)).then((one) => one.size, () => 0)); // prettier-ignore
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
};

/** Aborts when a fetch has brought more than it may; git has no such limit of its own for fetching. */
const watchSize = (dir: string, maxBytes: number, remote: string) => {
  const controller = new AbortController();
  const timer = setInterval(() => {
    void incomingBytes(dir).then((size) => {
      const limit = `More than ${Math.floor(maxBytes / 1024 / 1024)} MiB were to be fetched.`;
      if (size > maxBytes) controller.abort(fetchError('too-large', remote, limit));
    });
  }, watchMs);
  return { signal: controller.signal, stop: () => clearInterval(timer) };
};

/** The name under which git knows the remote of a partial fetch, which has to have one. */
const partialRemote = 'tracked';

const settledArguments = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
] as const;

const refArguments = ({ address, ref, shallow, isPartial }: FetchRun): readonly string[] => [
  ...settledArguments,
  '--force',
  ...(shallow ? ['--depth=1'] : []),
  ...(isPartial ? ['--filter=blob:none'] : []),
  '--',
  isPartial ? partialRemote : address.address,
  `+${refNameOf(ref) ?? ref.name}:${trackedHead}`,
];

/** Missing files are promised by the remote (gitglossary, promisor); that is said here alone, so that nothing else fetches them. */
const partialConfig = ({ address }: FetchRun): Readonly<Record<string, string>> => ({
  [`remote.${partialRemote}.url`]: address.address,
  [`remote.${partialRemote}.promisor`]: 'true',
  [`remote.${partialRemote}.partialclonefilter`]: 'blob:none',
});

const runFetch = async (
  run: FetchRun,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<void> => {
  const { address, options, mirror, isPartial, signal } = run;
  const remote = nameOfRemote(address.url);
  const { fetchMs = 600_000, fetchBytes = 2 * 1024 ** 3 } = options.limits ?? {};
  const deadline = AbortSignal.timeout(fetchMs);
  const watch = watchSize(mirror.dir, fetchBytes, remote);
  try {
    const { exitCode, stderr } = await withTransport(address, options, ({ config, ...settings }) =>
      runGit({
        ...settings,
        // A pack is written as it comes, so that its size can be watched.
        config: { ...config, 'fetch.unpackLimit': '1', ...(isPartial && partialConfig(run)), ...more },
        dir: mirror.dir,
        args,
        signal: AbortSignal.any([deadline, watch.signal, ...(signal ? [signal] : [])]),
      }),
    );
    if (exitCode !== 0) throw await classifySaid(stderr, address, options);
  } catch (error) {
    throw deadline.aborted ? fetchError('slow', remote, 'The fetch took too long.') : error;
  } finally {
    watch.stop();
  }
};

/** Fetches with the git command into the mirror; gives the commit at which the ref stood. */
export const fetchInto = async (run: FetchRun): Promise<string> => {
  await runFetch(run, refArguments(run));
  await tidyMirror(run.mirror.dir);
  return trackedCommit(run, nameOfRemote(run.address.url));
};

/** Fetches files by their ids that a partial fetch left out. Throws `ref-vanished` where the remote gives none by id. */
export const fetchFiles = async (run: FetchRun, oids: readonly string[]): Promise<void> => {
  for (let at = 0; at < oids.length; at += filesAtOnce) {
    const some = oids.slice(at, at + filesAtOnce);
    const args = [...settledArguments, '--filter=blob:none', '--', partialRemote, ...some];
    // Files have no history to be negotiated; with any other algorithm git looks for one, and fails.
    await runFetch(run, args, { 'fetch.negotiationAlgorithm': 'noop' });
  }
};

const trackedCommit = async ({ mirror, ref }: FetchRun, remote: string): Promise<string> => {
  try {
    const oid = await git({ dir: mirror.dir, args: ['rev-parse', '--verify', `${trackedHead}^{commit}`] });
    return oid.toString().trim();
  } catch (cause) {
    if (!(cause instanceof GitError)) throw cause;
    throw fetchError('corrupt', remote, `The ${ref.kind} ${ref.name} leads to no commit.`, cause);
  }
};

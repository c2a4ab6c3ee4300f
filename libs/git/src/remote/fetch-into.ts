import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setInterval } from 'node:timers';

import { GitError } from '../git-error.js';
import type { Mirror } from '../mirror/mirror.js';
import { trackedHead } from '../mirror/tracked-head.js';
import { git, runGit } from '../process/run-git.js';
import { classifySaid } from './classify-said.js';
import { fetchError } from './classify.js';
import { refNameOf } from './ref-names.js';
import type { ConcreteRef, RemoteOptions } from './remote.js';
import { nameOfRemote, type RemoteAddress } from './remote-url.js';
import { withTransport } from './transport.js';

const watchMs = 500;

/** One fetch of the tracked ref. */
export type FetchRun = {
  readonly address: RemoteAddress;
  readonly options: RemoteOptions;
  readonly ref: ConcreteRef;
  readonly mirror: Mirror;
  /** Only the commit itself, without its history. */
  readonly shallow: boolean;
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

const fetchArguments = ({ address, ref, shallow }: FetchRun): readonly string[] => [
  'fetch',
  '--quiet',
  '--force',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
  ...(shallow ? ['--depth=1'] : []),
  '--',
  address.address,
  `+${refNameOf(ref) ?? ref.name}:${trackedHead}`,
];

/** Fetches with the git command into the mirror; gives the commit at which the ref stood. */
export const fetchInto = async (run: FetchRun): Promise<string> => {
  const { address, options, mirror, signal } = run;
  const remote = nameOfRemote(address.url);
  const { fetchMs = 600_000, fetchBytes = 2 * 1024 ** 3 } = options.limits ?? {};
  const deadline = AbortSignal.timeout(fetchMs);
  const watch = watchSize(mirror.dir, fetchBytes, remote);
  try {
    const { exitCode, stderr } = await withTransport(address, options, (settings) =>
      runGit({
        ...settings,
        // A pack is written as it comes, so that its size can be watched.
        config: { ...settings.config, 'fetch.unpackLimit': '1' },
        dir: mirror.dir,
        args: fetchArguments(run),
        signal: AbortSignal.any([deadline, watch.signal, ...(signal ? [signal] : [])]),
      }),
    );
    if (exitCode !== 0) throw await classifySaid(stderr, address, options);
  } catch (error) {
    throw deadline.aborted ? fetchError('slow', remote, 'The fetch took too long.') : error;
  } finally {
    watch.stop();
  }
  return trackedCommit(run, remote);
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

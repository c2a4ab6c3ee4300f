import { GitError } from '../git-error.js';
import { ensureBareRepository } from '../process/bare-repository.js';
import { git, runGit } from '../process/run-git.js';
import { redact } from './credentials.js';
import type { RemoteOptions } from './remote.js';
import { nameOfRemote, parseRemoteUrl, type RemoteAddress } from './remote-url.js';
import { withTransport } from './transport.js';

/** A ref of a remote whose commits each hold one file: the newest text is read, and another is put behind it. */
export type RefNote = {
  /** The newest text; nothing where the remote has no such ref. */
  read(): Promise<string | undefined>;
  /** Puts a text behind what the ref has. Throws `git-failed` where the remote refuses, or the ref moved meanwhile. */
  write(text: string, message: string): Promise<void>;
};

/** Where a note lies. `dir` is a bare repository of our own, made where it is not there; `ref` a whole name (`refs/heads/…`). */
export type RefNoteOptions = RemoteOptions & {
  readonly dir: string;
  readonly ref: string;
  readonly file: string;
};

const fetched = 'refs/fetched/note';
const mostMs = 60_000;
const author = {
  GIT_AUTHOR_NAME: 'Syncline',
  GIT_AUTHOR_EMAIL: 'syncline@localhost',
  GIT_COMMITTER_NAME: 'Syncline',
  GIT_COMMITTER_EMAIL: 'syncline@localhost',
};

class RemoteNote implements RefNote {
  readonly #address: RemoteAddress;

  constructor(private readonly options: RefNoteOptions) {
    this.#address = parseRemoteUrl(options.url);
  }

  async read(): Promise<string | undefined> {
    const { dir, file } = this.options;
    const tip = await this.#fetch();
    if (tip === undefined) return undefined;
    const { exitCode, stdout } = await runGit({ dir, args: ['cat-file', 'blob', `${tip}:${file}`] });
    return exitCode === 0 ? stdout.toString() : undefined;
  }

  async write(text: string, message: string): Promise<void> {
    const { ref, file } = this.options;
    const tip = await this.#fetch();
    const blob = await this.#own(['hash-object', '-w', '--stdin'], text);
    const tree = await this.#own(['mktree'], `100644 blob ${blob}\t${file}\n`);
    const behind = tip === undefined ? [] : ['-p', tip];
    const commit = await this.#own(['commit-tree', tree, ...behind, '-m', message], '');
    // Without force: what a remote has is never replaced, only continued.
    await this.#reach(['push', '--quiet', '--', this.#address.address, `${commit}:${ref}`]);
  }

  /** The commit at which the ref stands, fetched. */
  async #fetch(): Promise<string | undefined> {
    const { dir, ref } = this.options;
    const { address } = this.#address;
    await ensureBareRepository(dir);
    const listed = await this.#reach(['ls-remote', '--', address, ref]);
    if (listed.length === 0) return undefined;
    await this.#reach(['fetch', '--quiet', '--no-tags', '--depth=1', '--', address, `+${ref}:${fetched}`]);
    return this.#own(['rev-parse', '--verify', `${fetched}^{commit}`], '');
  }

  async #own(args: readonly string[], input: string): Promise<string> {
    return (await git({ dir: this.options.dir, args, env: author, input })).toString().trim();
  }

  async #reach(args: readonly string[]): Promise<Buffer> {
    const { dir, ref, credential } = this.options;
    const signal = AbortSignal.timeout(mostMs);
    const { exitCode, stdout, stderr } = await withTransport(this.#address, this.options, (settings) =>
      runGit({ ...settings, dir, args, signal }),
    );
    if (exitCode === 0) return stdout;
    const said = redact(stderr, credential).trim().slice(-500);
    throw new GitError('git-failed', `${ref} of ${nameOfRemote(this.#address.url)}: ${said}`);
  }
}

/** Opens a note; the remote is reached when it is read or written. Throws GitError where the address is none. */
export const openRefNote = (options: RefNoteOptions): RefNote => new RemoteNote(options);

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const identity = {
  GIT_AUTHOR_NAME: 'Bench',
  GIT_AUTHOR_EMAIL: 'bench@example.com',
  GIT_COMMITTER_NAME: 'Bench',
  GIT_COMMITTER_EMAIL: 'bench@example.com',
};

const git = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const { stdout } = await run('git', args, { cwd: dir, env: { ...process.env, ...identity } });
  return stdout.trim();
};

/** A clone that is written to and pushed from. */
export class WorkTree {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async clone(url: string, dir: string): Promise<WorkTree> {
    await mkdir(dir, { recursive: true });
    await git(dir, 'clone', '--quiet', url, '.');
    return new WorkTree(dir);
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.#dir, path)), { recursive: true });
    await writeFile(join(this.#dir, path), text);
  }

  async commit(message: string): Promise<void> {
    await git(this.#dir, 'add', '--all');
    await git(this.#dir, 'commit', '--quiet', '-m', message);
  }

  /** Pushes; resolves when the server has acknowledged it, with that instant. */
  async push(): Promise<number> {
    await git(this.#dir, 'push', '--quiet', 'origin', 'main');
    return performance.now();
  }
}

/** A bare clone with nothing around it: what the floor fetches and reads. */
export class BareClone {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async clone(url: string, dir: string): Promise<BareClone> {
    await mkdir(dir, { recursive: true });
    await git(dir, 'clone', '--quiet', '--bare', url, '.');
    return new BareClone(dir);
  }

  async fetch(): Promise<void> {
    await git(this.#dir, 'fetch', '--quiet', 'origin', 'main:main');
  }

  read(path: string): Promise<string> {
    return git(this.#dir, 'show', `main:${path}`);
  }
}

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { run } from './command-line.js';

const identity = {
  GIT_AUTHOR_NAME: 'Dev',
  GIT_AUTHOR_EMAIL: 'dev@example.com',
  GIT_COMMITTER_NAME: 'Dev',
  GIT_COMMITTER_EMAIL: 'dev@example.com',
};

/** A developer's clone of a repository: edits, commits and pushes with git itself. */
export class FleetRepository {
  private constructor(readonly dir: string) {}

  /** Clones into a new folder below `parent`, which whoever made it removes. */
  static async clone(url: string, parent: string): Promise<FleetRepository> {
    const dir = await mkdtemp(join(parent, 'clone-'));
    const repository = new FleetRepository(dir);
    await repository.git('clone', '--quiet', url, '.');
    return repository;
  }

  /** Runs git in the clone; throws with what it said. */
  async git(...args: readonly string[]): Promise<string> {
    const outcome = await run('git', args, { cwd: this.dir, env: { ...process.env, ...identity } });
    if (outcome.code !== 0) throw new Error(`git ${args.join(' ')}: ${outcome.stderr}`);
    return outcome.stdout.trim();
  }

  read(path: string): Promise<string> {
    return readFile(join(this.dir, path), 'utf8');
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.dir, path)), { recursive: true });
    await writeFile(join(this.dir, path), text);
  }

  /** Replaces text in a file; throws where it is not there, so that no test passes by editing nothing. */
  async edit(path: string, from: string | RegExp, to: string): Promise<void> {
    const before = await this.read(path);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${path} holds no ${String(from)}`);
    await this.write(path, after);
  }

  async remove(path: string): Promise<void> {
    await rm(join(this.dir, path), { recursive: true });
  }

  /** Commits everything and gives the commit's id. */
  async commit(message: string): Promise<string> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** Commits everything, pushes, and gives the commit's id. */
  async push(message: string): Promise<string> {
    const sha = await this.commit(message);
    await this.git('push', '--quiet');
    return sha;
  }
}

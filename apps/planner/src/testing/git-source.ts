import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** One commit of a repository, as git-watcher tells it. */
export type Commit = {
  readonly revision: string;
  readonly tree: string;
  readonly parents: readonly string[];
};

const runGit = (dir: string, args: readonly string[], input = ''): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const env = {
      PATH: process.env.PATH ?? '',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'Dev',
      GIT_AUTHOR_EMAIL: 'dev@example.com',
      GIT_COMMITTER_NAME: 'Dev',
      GIT_COMMITTER_EMAIL: 'dev@example.com',
      // So that the same commits have the same names in every run.
      GIT_AUTHOR_DATE: '2026-11-24T06:00:00Z',
      GIT_COMMITTER_DATE: '2026-11-24T06:00:00Z',
    };
    const options = { cwd: dir, env, encoding: 'buffer' as const, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile('git', [...args], options, (error, stdout) => {
      if (error) reject(new Error(error.message));
      else resolve(stdout);
    });
    if (input !== '') child.stdin?.end(input);
  });

/** A real Git repository of a test. */
export class GitSource {
  private constructor(readonly dir: string) {}

  static async make(dir: string): Promise<GitSource> {
    await mkdir(dir, { recursive: true });
    await runGit(dir, ['init', '--quiet', '--initial-branch=main']);
    return new GitSource(dir);
  }

  /** Commits files; `null` removes one. */
  async commit(message: string, files: Readonly<Record<string, string | null>>): Promise<Commit> {
    for (const [path, text] of Object.entries(files)) {
      const at = join(this.dir, path);
      if (text === null) await rm(at, { recursive: true });
      else {
        await mkdir(dirname(at), { recursive: true });
        await writeFile(at, text);
      }
    }
    await runGit(this.dir, ['add', '--all']);
    await runGit(this.dir, ['commit', '--quiet', '--allow-empty', '-m', message]);
    return this.head();
  }

  async head(): Promise<Commit> {
    const shown = await runGit(this.dir, ['log', '-1', '--format=%H %T %P']);
    const [revision = '', tree = '', ...parents] = shown.toString().trim().split(' ');
    return { revision, tree, parents };
  }

  /** A pack of what is reachable from `revision` and not from `base`. */
  pack(revision: string, base?: string): Promise<Buffer> {
    const revisions = base === undefined ? [revision] : [revision, `^${base}`];
    return runGit(this.dir, ['pack-objects', '--revs', '--stdout', '--quiet'], `${revisions.join('\n')}\n`);
  }
}

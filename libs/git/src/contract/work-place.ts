import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { createRepositoryFrom, startGitServer } from '../index.js';

const run = promisify(execFile);
const person = ['-c', 'user.name=Ada Lovelace', '-c', 'user.email=ada@example.com'];

/** A clone in which a test works as a person would. */
export type Clone = {
  readonly dir: string;
  readonly git: (...args: string[]) => Promise<string>;
  /** Writes files, commits all, and gives the commit. */
  readonly commit: (files: Record<string, string>, message?: string) => Promise<string>;
  readonly push: (...args: string[]) => Promise<string>;
};

/** Runs git in a folder as somebody. */
export const gitIn = async (dir: string, ...args: string[]): Promise<string> =>
  (await run('git', ['-C', dir, ...person, ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout.trim();

/** Repositories of a test's own, on a Git server and as folders. */
export const openWorkPlace = async () => {
  const path = await mkdtemp(join(tmpdir(), 'syncline-git-'));
  const served = join(path, 'git');
  const pushed: string[] = [];
  const server = await startGitServer({ dir: served, port: 0, onPush: (name) => pushed.push(name) });
  const bareOf = (name: string): string => join(served, `${name}.git`);
  const clone = async (name: string): Promise<Clone> => {
    const dir = join(path, 'clones', name);
    await mkdir(dirname(dir), { recursive: true });
    await run('git', ['clone', '--quiet', bareOf(name), dir]);
    const git = (...args: string[]) => gitIn(dir, ...args);
    return {
      dir,
      git,
      push: (...args) => git('push', '--quiet', 'origin', ...(args.length > 0 ? args : ['main'])),
      commit: async (files, message = 'change') => {
        for (const [path, content] of Object.entries(files)) {
          await mkdir(dirname(join(dir, path)), { recursive: true });
          await writeFile(join(dir, path), content);
        }
        await git('add', '--all');
        await git('commit', '--quiet', '--allow-empty', '-m', message);
        return git('rev-parse', 'HEAD');
      },
    };
  };
  return {
    path,
    server,
    pushed,
    bareOf,
    clone,
    httpUrl: (name: string) => server.urlOf(name),
    fileUrl: (name: string) => pathToFileURL(bareOf(name)).href,
    /** A repository with one commit that holds `app.yaml`, and a clone of it. */
    create: async (name: string): Promise<Clone> => {
      const workTree = join(path, 'sources', name);
      await mkdir(workTree, { recursive: true });
      await writeFile(join(workTree, 'app.yaml'), 'replicas: 1\n');
      await createRepositoryFrom({ repository: bareOf(name), workTree });
      return clone(name);
    },
    createEmpty: async (name: string): Promise<void> => {
      await run('git', ['init', '--quiet', '--bare', bareOf(name)]);
    },
    close: async () => {
      await server.close();
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

export type WorkPlace = Awaited<ReturnType<typeof openWorkPlace>>;

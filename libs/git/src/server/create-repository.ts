import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

import { ensureBareRepository } from '../process/bare-repository.js';
import { git, runGit } from '../process/run-git.js';

/** A bare repository to make from a folder. */
export type RepositoryFromFolder = {
  /** The bare repository's folder, such as `…/git/fleet.git`. */
  readonly repository: string;
  /** The folder whose files become the one commit on `main`. */
  readonly workTree: string;
  readonly message?: string;
};

const author = { name: 'Syncline', email: 'syncline@localhost' };

/** Makes a bare repository with the folder's files in one commit on `main`, unless the repository is there already. */
export const createRepositoryFrom = async (options: RepositoryFromFolder): Promise<void> => {
  const { message = 'Describe the fleet' } = options;
  const [repository, workTree] = [resolve(options.repository), resolve(options.workTree)];
  const { exitCode } = await runGit({ dir: repository, args: ['rev-parse', '--verify', 'refs/heads/main'] });
  if (exitCode === 0) return;
  const unfinished = `${repository}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await ensureBareRepository(unfinished);
  const env = {
    GIT_WORK_TREE: workTree,
    GIT_INDEX_FILE: join(unfinished, 'index'),
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
  };
  await git({ dir: unfinished, env, args: ['symbolic-ref', 'HEAD', 'refs/heads/main'] });
  await git({ dir: unfinished, env, args: ['-C', workTree, 'add', '--all'] });
  await git({ dir: unfinished, env, args: ['commit', '--quiet', '--allow-empty', '--message', message] });
  await rm(join(unfinished, 'index'), { force: true });
  await rm(repository, { recursive: true, force: true });
  await rename(unfinished, repository);
};

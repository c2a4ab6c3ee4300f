import { GitError } from '../git-error.js';
import { git } from './run-git.js';

/** The first version that takes configuration from GIT_CONFIG_COUNT; an older one would take the user's. */
const oldest = [2, 31] as const;

/** Whether a version of git, such as `2.39.5`, is one or newer than it. */
export const isAtLeast = (version: string, [major, minor]: readonly [number, number]): boolean => {
  const [first = 0, second = 0] = version.split('.').map(Number);
  return first > major || (first === major && second >= minor);
};

/** The version of the git command. Throws `git-failed` with a sentence where there is none, or one that is too old. */
export const verifyGit = async (): Promise<string> => {
  const said = (await git({ args: ['version'] })).toString();
  const version = /\d+\.\d+\S*/.exec(said)?.[0] ?? '';
  if (isAtLeast(version, oldest)) return version;
  throw new GitError(
    'git-failed',
    `git ${version} is too old: version ${oldest.join('.')} or newer is needed.`,
  );
};

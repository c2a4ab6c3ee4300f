import { GitError } from '../git-error.js';
import { git } from './run-git.js';

/** The first version that takes configuration from GIT_CONFIG_COUNT; an older one would take the user's. */
const oldest = [2, 31] as const;

/** The version of the git command. Throws `git-failed` with a sentence where there is none, or one that is too old. */
export const verifyGit = async (): Promise<string> => {
  const said = (await git({ args: ['version'] })).toString();
  const [, version = '', major = '', minor = ''] = /((\d+)\.(\d+)\S*)/.exec(said) ?? [];
  const isEnough = Number(major) > oldest[0] || (Number(major) === oldest[0] && Number(minor) >= oldest[1]);
  if (isEnough) return version;
  throw new GitError(
    'git-failed',
    `git ${version} is too old: version ${oldest.join('.')} or newer is needed.`,
  );
};

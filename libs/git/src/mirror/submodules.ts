import { GitError } from '../git-error.js';
import { git, runGit } from '../process/run-git.js';
import { parseRemoteUrl } from '../remote/remote-url.js';
import { isIncluded } from './included.js';

/** A submodule of a revision: where it lies, its recorded commit, and where that comes from or why it is not followed. */
export type Submodule = { readonly path: string; readonly oid: string } & (
  { readonly url: string } | { readonly problem: string }
);

/** Which submodules are looked at, and from where their addresses count. */
export type SubmoduleOptions = {
  /** The address of the repository that has them. */
  readonly url: string;
  readonly include: readonly string[];
};

/** More than these are not followed. */
const mostSubmodules = 50;
const largestGitmodules = 4 * 1024 * 1024;
const unreadable = { exitCode: 1, stdout: Buffer.alloc(0) };
const gitlink = /^160000 commit ([0-9a-f]+)\t(.*)$/s;

const gitlinksOf = async (dir: string, head: string): Promise<readonly { path: string; oid: string }[]> => {
  const output = await git({
    dir,
    args: ['ls-tree', '-r', '-z', head],
    maxOutputBytes: 1024 * 1024 * 1024,
  });
  return output
    .toString()
    .split('\0')
    .flatMap((line) => {
      const [, oid, path] = gitlink.exec(line) ?? [];
      return oid !== undefined && path !== undefined ? [{ oid, path }] : [];
    });
};

/** The addresses that `.gitmodules` names (gitmodules(5)), by path; none where it cannot be read. */
const addressesOf = async (dir: string, head: string): Promise<ReadonlyMap<string, string>> => {
  const args = ['config', '--no-includes', '--blob', `${head}:.gitmodules`, '--list', '-z'];
  const { exitCode, stdout } = await runGit({ dir, args, maxOutputBytes: largestGitmodules }).catch(
    (error: unknown) => {
      if (error instanceof GitError && error.code === 'too-large') return unreadable;
      throw error;
    },
  );
  if (exitCode !== 0) return new Map();
  const [paths, urls] = [new Map<string, string>(), new Map<string, string>()];
  for (const entry of stdout.toString().split('\0')) {
    const [, name = '', key, value = ''] = /^submodule\.(.*)\.(path|url)\n(.*)$/s.exec(entry) ?? [];
    if (key === 'path') paths.set(name, value);
    if (key === 'url') urls.set(name, value);
  }
  return new Map([...paths].map(([name, path]) => [path, urls.get(name) ?? '']));
};

/** An address that begins with `./` or `../` counts from that of the repository (git-submodule, add). */
export const resolveAddress = (base: string, address: string): string => {
  let [at, rest] = [base.replace(/\/+$/, ''), address];
  for (;;) {
    if (rest.startsWith('./')) rest = rest.slice(2);
    else if (rest.startsWith('../')) [at, rest] = [at.replace(/[/:][^/:]*$/, ''), rest.slice(3)];
    else return `${at}${/^[^/]*@[^/:]+$/.test(at) ? ':' : '/'}${rest}`;
  }
};

const serverOf = (address: string): string => {
  const { url, transport } = parseRemoteUrl(address);
  return `${transport}//${url.host}`;
};

/** Where a submodule is fetched from: only from the repository's own server, which its credential is for. */
const locate = (base: string, address: string | undefined): { url: string } | { problem: string } => {
  if (address === undefined || address === '') return { problem: '.gitmodules names no address for it.' };
  const isRelative = /^\.\.?\//.test(address);
  try {
    const url = isRelative ? resolveAddress(base, address) : address;
    const { transport } = parseRemoteUrl(url);
    const isElsewhere = serverOf(url) !== serverOf(base) || (transport === 'file' && !isRelative);
    if (!isElsewhere) return { url };
    return { problem: 'It lies on another server than the repository, whose credential it is not shown.' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'Its address cannot be read.' };
  }
};

/** Whether a submodule, or something in it, is wanted. */
const isWanted = (path: string, include: readonly string[]): boolean =>
  isIncluded(path, include) || include.some((pattern) => pattern.startsWith(`${path}/`));

/** The submodules of a revision that its include patterns reach, and where each comes from. */
export const readSubmodules = async (
  dir: string,
  head: string,
  { url, include }: SubmoduleOptions,
): Promise<readonly Submodule[]> => {
  const links = (await gitlinksOf(dir, head)).filter(({ path }) => isWanted(path, include));
  if (links.length === 0) return [];
  const addresses = await addressesOf(dir, head);
  return links
    .slice(0, mostSubmodules)
    .map(({ path, oid }) => ({ path, oid, ...locate(url, addresses.get(path)) }));
};

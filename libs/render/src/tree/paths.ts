/** The folder that a path stands in; `''` for the root. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** A path's last name. */
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/**
 * Resolves a path against a folder of the repository: `.`, `..` and doubled slashes are worked out. Undefined where it is
 * absolute, leaves the repository, or holds what no path in Git does (a backslash, a control character, `.git`).
 */
export const resolvePath = (folder: string, path: string): string | undefined => {
  // eslint-disable-next-line no-control-regex
  if (path.startsWith('/') || /[\\\u0000-\u001f]/.test(path)) return undefined;
  const names: string[] = folder === '' ? [] : folder.split('/');
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name.toLowerCase() === '.git') return undefined;
    if (name !== '..') names.push(name);
    else if (names.pop() === undefined) return undefined;
  }
  return names.join('/');
};

/** A path below a folder, whichever of them is the root. */
export const joinPath = (folder: string, name: string): string =>
  folder === '' ? name : `${folder}/${name}`;

/** Whether a path is a folder or lies in it. */
export const isWithin = (folder: string, path: string): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);

/** How a path is written for people: the root is `.`. */
export const displayPath = (path: string): string => (path === '' ? '.' : path);

import { matchesGlob } from 'node:path';

/** Whether a path is one of the patterns, or below one; every path is where there is no pattern. */
export const isIncluded = (path: string, include: readonly string[]): boolean =>
  include.length === 0 ||
  include.some((pattern) => {
    const bare = pattern.replace(/\/+$/, '');
    return path === bare || path.startsWith(`${bare}/`) || matchesGlob(path, bare);
  });

import type { SeenRevision } from './state.js';

/** More than these are not worth naming in an event. */
const mostNamed = 20;

/**
 * Which revisions a new one takes back: those that its messages name (`git revert` writes them), and where its tree is
 * that of an earlier revision, all that came between.
 */
export const revertedBy = (
  seen: readonly SeenRevision[],
  tree: string,
  saidReverts: readonly string[],
): string[] => {
  const earlier = seen.findLastIndex((one) => one.tree === tree);
  const between = earlier < 0 ? [] : seen.slice(earlier + 1).map((one) => one.revision);
  return [...new Set([...saidReverts, ...between])].slice(0, mostNamed);
};

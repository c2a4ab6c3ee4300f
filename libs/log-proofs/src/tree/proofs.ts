import { hashChildren, isSameHash, type Hash } from './hashes.js';

/** Reads the hash of a complete subtree of `2^height` leaves: the `index`-th of its height, from the left. */
export type ReadSubtree = (height: number, index: number) => Promise<Hash>;

/** The greatest power of two below `count`, which is two or more. */
const splitOf = (count: number): number => {
  let split = 2 ** Math.floor(Math.log2(count - 1));
  // The logarithm is a float: it may round up next to a power of two.
  if (split >= count) split /= 2;
  return split * 2 < count ? split * 2 : split;
};
const isPowerOfTwo = (count: number): boolean =>
  Number.isInteger(Math.log2(count)) && 2 ** Math.log2(count) === count;

/** The hash over leaves `[begin, end)`, as it stands in a tree that holds them as one side of a split. */
export const rangeHash = async (read: ReadSubtree, begin: number, end: number): Promise<Hash> => {
  const count = end - begin;
  if (isPowerOfTwo(count)) return read(Math.log2(count), begin / count);
  const middle = begin + splitOf(count);
  return hashChildren(await rangeHash(read, begin, middle), await rangeHash(read, middle, end));
};

const checkSizes = (small: number, size: number): void => {
  if (Number.isSafeInteger(small) && Number.isSafeInteger(size) && small >= 0 && small <= size) return;
  throw new RangeError(`${small} is not within a tree of ${size} leaves`);
};

/** The audit path of a leaf in the tree of a size (RFC 6962, section 2.1.1). Throws RangeError where it has no such leaf. */
export const inclusionProof = async (
  read: ReadSubtree,
  leaf: number,
  size: number,
): Promise<readonly Hash[]> => {
  checkSizes(leaf, size - 1);
  const path: Hash[] = [];
  for (let [begin, end] = [0, size]; end - begin > 1;) {
    const middle = begin + splitOf(end - begin);
    const isLeft = leaf < middle;
    path.push(isLeft ? await rangeHash(read, middle, end) : await rangeHash(read, begin, middle));
    [begin, end] = isLeft ? [begin, middle] : [middle, end];
  }
  return path.reverse();
};

/** The proof that the tree of a size begins with the tree of a smaller one (RFC 6962, section 2.1.2). */
export const consistencyProof = async (
  read: ReadSubtree,
  small: number,
  size: number,
): Promise<readonly Hash[]> => {
  checkSizes(small, size);
  if (small === 0 || small === size) return [];
  const path: Hash[] = [];
  let [begin, end, isWhole] = [0, size, true];
  while (end !== small) {
    const middle = begin + splitOf(end - begin);
    const isLeft = small <= middle;
    path.push(isLeft ? await rangeHash(read, middle, end) : await rangeHash(read, begin, middle));
    if (!isLeft) isWhole = false;
    [begin, end] = isLeft ? [begin, middle] : [middle, end];
  }
  if (!isWhole) path.push(await rangeHash(read, begin, end));
  return path.reverse();
};

const half = (value: number): number => Math.floor(value / 2);
const isOdd = (value: number): boolean => value % 2 === 1;

/** Whether a path leads from a leaf to the root of a tree (RFC 9162, section 2.1.3.2). */
export const verifyInclusion = (
  { leaf, size, leafHash, root }: { leaf: number; size: number; leafHash: Hash; root: Hash },
  path: readonly Hash[],
): boolean => {
  if (!Number.isSafeInteger(leaf) || !Number.isSafeInteger(size) || leaf < 0 || leaf >= size) return false;
  let [at, last, hash] = [leaf, size - 1, leafHash];
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = hashChildren(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = hashChildren(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && isSameHash(hash, root);
};

type Heads = { readonly small: number; readonly smallRoot: Hash; readonly size: number; readonly root: Hash };

/** Both roots as the path has them; nothing where it has the wrong length (RFC 9162, section 2.1.4.2). */
const followConsistency = (small: number, size: number, path: readonly Hash[]): [Hash, Hash] | undefined => {
  let [at, last] = [small - 1, size - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  const [first, ...rest] = path;
  if (!first) return undefined;
  let [smaller, larger] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return undefined;
    if (isOdd(at) || at === last) {
      [smaller, larger] = [hashChildren(sibling, smaller), hashChildren(sibling, larger)];
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      larger = hashChildren(larger, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 ? [smaller, larger] : undefined;
};

/** Whether a path proves that the larger tree begins with the smaller one. Of an empty tree nothing needs a proof. */
export const verifyConsistency = (
  { small, smallRoot, size, root }: Heads,
  path: readonly Hash[],
): boolean => {
  if (!Number.isSafeInteger(small) || !Number.isSafeInteger(size) || small < 0 || small > size) return false;
  if (small === size) return path.length === 0 && isSameHash(smallRoot, root);
  if (small === 0) return path.length === 0;
  const whole =
    Number.isInteger(Math.log2(small)) && 2 ** Math.log2(small) === small ? [smallRoot, ...path] : path;
  const roots = followConsistency(small, size, whole);
  return roots !== undefined && isSameHash(roots[0], smallRoot) && isSameHash(roots[1], root);
};

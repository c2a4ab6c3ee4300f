import { emptyRoot, hashChildren, type Hash } from './hashes.js';

type Subtree = { readonly height: number; readonly hash: Hash };

/** Told of each subtree that is complete: `index` counts those of its height from the left. */
export type OnSubtree = (height: number, index: number, hash: Hash) => void;

/** The heights and places of the complete subtrees that leaves `[0, size)` consist of, from the left. */
export const subtreesOf = (size: number): readonly { readonly height: number; readonly index: number }[] => {
  const found: { height: number; index: number }[] = [];
  let begin = 0;
  for (let height = Math.floor(Math.log2(Math.max(size, 1))); height >= 0; height -= 1) {
    const leaves = 2 ** height;
    if (size - begin < leaves) continue;
    found.push({ height, index: begin / leaves });
    begin += leaves;
  }
  return found;
};

/**
 * A tree that grows at its right and remembers no more than one hash for each of its complete subtrees: a few dozen,
 * however many leaves there are.
 */
export class CompactRange {
  #size = 0;
  #subtrees: Subtree[] = [];

  constructor(private readonly onSubtree: OnSubtree = () => undefined) {}

  /** The tree of a size whose complete subtrees ({@link subtreesOf}) have these hashes. */
  static of(size: number, hashes: readonly Hash[], onSubtree?: OnSubtree): CompactRange {
    const places = subtreesOf(size);
    if (places.length !== hashes.length)
      throw new RangeError(`a tree of ${size} leaves has ${places.length} complete subtrees`);
    const range = new CompactRange(onSubtree);
    range.#size = size;
    range.#subtrees = places.map(({ height }, at) => ({ height, hash: hashes[at] ?? emptyRoot() }));
    return range;
  }

  /** How many leaves there are. */
  get size(): number {
    return this.#size;
  }

  append(leaf: Hash): void {
    this.appendSubtree(0, leaf);
  }

  /** Appends `2^height` leaves of which the hash over all is known. Throws RangeError where no such subtree begins here. */
  appendSubtree(height: number, hash: Hash): void {
    const leaves = 2 ** height;
    if (this.#size % leaves !== 0)
      throw new RangeError(`no subtree of ${leaves} leaves begins after leaf ${this.#size}`);
    this.#size += leaves;
    let top: Subtree = { height, hash };
    this.onSubtree(height, this.#size / leaves - 1, hash);
    for (let left = this.#subtrees.at(-1); left?.height === top.height; left = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      top = { height: top.height + 1, hash: hashChildren(left.hash, top.hash) };
      this.onSubtree(top.height, this.#size / 2 ** top.height - 1, top.hash);
    }
    this.#subtrees.push(top);
  }

  /** The root over all leaves (RFC 6962, section 2.1). */
  root(): Hash {
    const last = this.#subtrees.at(-1);
    if (!last) return emptyRoot();
    return this.#subtrees.slice(0, -1).reduceRight((right, { hash }) => hashChildren(hash, right), last.hash);
  }
}

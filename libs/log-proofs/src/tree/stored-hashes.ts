/**
 * Where a complete subtree's hash stands among all of them, in the order in which they become complete: leaf after leaf,
 * and behind each the subtrees that it completes. A file of them only ever grows.
 */
export const storedIndex = (height: number, index: number): number => {
  // It stands right behind its last leaf and the subtrees within it that this leaf completes.
  let count = 0;
  for (let left = (index + 1) * 2 ** height - 1; left > 0; left = Math.floor(left / 2)) count += left;
  return count + height;
};

/** How many complete subtrees a tree of this many leaves has, its leaves among them. */
export const storedCount = (size: number): number => {
  let count = 0;
  for (let left = size; left > 0; left = Math.floor(left / 2)) count += left;
  return count;
};

/** The greatest number of leaves all of whose subtrees are among the first `count`. */
export const sizeOfStored = (count: number): number => {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (storedCount(middle) <= count) low = middle;
    else high = middle - 1;
  }
  return low;
};

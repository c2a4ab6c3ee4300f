import { limits } from './limits.js';
import type { Path } from './positions.js';

/** Why a parsed value is not taken over as JSON, and where it stands in its document. */
export class NotJson extends Error {
  constructor(
    readonly path: Path,
    readonly reason: string,
    readonly isLimit = false,
  ) {
    super(reason);
  }
}

/** How many nodes may still be made, and of how many characters; shared by the documents of one file. */
export type NodeBudget = { nodes: number; characters: number };

const checkNumber = (value: number, path: Path): number => {
  if (!Number.isFinite(value))
    throw new NotJson(path, 'a number that is not finite has no place in an object');
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new NotJson(
      path,
      'the number is too large to be kept exactly; quote it where the field takes text',
    );
  return value === 0 ? 0 : value;
};

const checkText = (value: string, path: Path, budget: NodeBudget): string => {
  budget.characters -= value.length;
  if (budget.characters < 0) {
    const most = `${limits.unfoldedCharacters / 1024 / 1024} MiB`;
    throw new NotJson(path, `the file unfolds to more than ${most} of text`, true);
  }
  if (!value.isWellFormed()) throw new NotJson(path, 'the text holds half of a surrogate pair');
  return value;
};

const copyMapping = (value: object, path: Path, budget: NodeBudget): Record<string, unknown> => {
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const at = [...path, key];
    if (key === '__proto__') throw new NotJson(at, 'a key cannot be called __proto__');
    copy[checkText(key, at, budget)] = copyJson(member, at, budget);
  }
  return copy;
};

/**
 * Copies a parsed value as plain JSON without sharing, so that aliases are spent here, within the budget, or not at all.
 * Throws {@link NotJson} on cycles, depth, too many nodes, and what JSON cannot carry.
 */
export const copyJson = (value: unknown, path: Path, budget: NodeBudget): unknown => {
  budget.nodes -= 1;
  if (budget.nodes < 0)
    throw new NotJson(path, `the file unfolds to more than ${limits.nodesPerFile} values`, true);
  if (path.length > limits.depth) throw new NotJson(path, `nested deeper than ${limits.depth} levels`, true);
  if (typeof value === 'string') return checkText(value, path, budget);
  if (typeof value === 'number') return checkNumber(value, path);
  if (Array.isArray(value)) return value.map((item, index) => copyJson(item, [...path, index], budget));
  return typeof value === 'object' && value !== null ? copyMapping(value, path, budget) : value;
};

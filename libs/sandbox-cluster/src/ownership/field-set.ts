import type { FieldsV1 } from '../schemas/kube-object.js';

/**
 * A set of field paths (KEP-555), as a tree. A path element is written as in FieldsV1: `f:<field>`, `k:<keys of a list
 * item>`, `v:<value of a set's item>`. `self`: the path that leads here is itself in the set.
 */
export type FieldSet = { readonly self: boolean; readonly below: ReadonlyMap<string, FieldSet> };

/** The set without a path. */
export const emptySet: FieldSet = { self: false, below: new Map() };

/** The set that holds only the path that leads to it. */
export const selfSet: FieldSet = { self: true, below: new Map() };

export const isEmptySet = ({ self, below }: FieldSet): boolean => !self && below.size === 0;

/** A set from its parts, without branches that hold nothing. */
export const setOf = (self: boolean, below: Iterable<readonly [string, FieldSet]>): FieldSet => ({
  self,
  below: new Map([...below].filter(([, child]) => !isEmptySet(child))),
});

/** The part of a set below one path element. */
export const belowOf = (set: FieldSet, element: string): FieldSet => set.below.get(element) ?? emptySet;

const elementsOf = (a: FieldSet, b: FieldSet): string[] => [
  ...new Set([...a.below.keys(), ...b.below.keys()]),
];

const combine =
  (decide: (a: boolean, b: boolean) => boolean) =>
  (a: FieldSet, b: FieldSet): FieldSet => {
    const both = combine(decide);
    const below = elementsOf(a, b).map((one) => [one, both(belowOf(a, one), belowOf(b, one))] as const);
    return setOf(decide(a.self, b.self), below);
  };

/** The paths that are in one of the two. */
export const union = combine((a, b) => a || b);

/** The paths that are in both. */
export const intersection = combine((a, b) => a && b);

/** The paths of `a` that are not in `b`; what lies below a path of `b` stays. */
export const difference = combine((a, b) => a && !b);

/** The paths of `a` that are neither in `b` nor below a path of `b`. */
export const without = (a: FieldSet, b: FieldSet): FieldSet =>
  b.self
    ? emptySet
    : setOf(
        a.self,
        [...a.below].map(([element, child]) => [element, without(child, belowOf(b, element))] as const),
      );

/** The set that holds one path. */
export const pathSet = (...path: readonly string[]): FieldSet =>
  path.reduceRight<FieldSet>((child, element) => setOf(false, [[element, child]]), selfSet);

/** All paths of a set, as the API server lists them: at each level first what is in the set, then what lies below. */
export const pathsOf = ({ below }: FieldSet, at: readonly string[] = []): (readonly string[])[] => {
  const children = [...below].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...children.filter(([, child]) => child.self).map(([element]) => [...at, element]),
    ...children.flatMap(([element, child]) => pathsOf(child, [...at, element])),
  ];
};

/** A set as the API writes it, with its elements sorted. */
export const toFieldsV1 = (set: FieldSet): FieldsV1 => {
  const below = [...set.below]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([element, child]) => [element, toFieldsV1(child)] as const);
  return Object.fromEntries([...(set.self && below.length > 0 ? [['.', {}] as const] : []), ...below]);
};

/** Reads a set; below the root, an element without children is a path, and `.` is the path that has children. */
export const fromFieldsV1 = (fields: FieldsV1, isRoot = true): FieldSet => {
  const elements = Object.entries(fields).filter(([element]) => element !== '.');
  return setOf(
    !isRoot && (elements.length === 0 || '.' in fields),
    elements.map(([element, child]) => [element, fromFieldsV1(child, false)] as const),
  );
};

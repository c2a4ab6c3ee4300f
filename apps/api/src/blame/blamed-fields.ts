import { canonicalJson } from '@syncline/kernel';
import type { AppliedManifests } from '@syncline/read-models';

import type { Fields, Value } from '../manifests/fields.js';

/** A field as it was applied last, and the first of the applies in a row that set it so. */
export type BlamedField = {
  readonly path: string;
  readonly value: Value;
  readonly apply: AppliedManifests;
  /** More applies set it so than were looked at: it may be older. */
  readonly isOlder: boolean;
};

/** Gives the fields of the object as an apply set them; undefined where the apply had no such object. */
export type FieldsAt = (apply: AppliedManifests) => Promise<Fields | undefined>;

const isIn = (path: string, field: string | undefined): boolean =>
  field === undefined || path === field || path.startsWith(`${field}/`);

/**
 * Who set each field of an object: goes back from the last apply as long as a value was the same. `applies` are the last
 * first; `all` says whether there are no older ones.
 */
export const blameFields = async (
  applies: readonly AppliedManifests[],
  fieldsAt: FieldsAt,
  { field, all }: { readonly field?: string | undefined; readonly all: boolean },
): Promise<readonly BlamedField[] | undefined> => {
  const [last, ...older] = applies;
  const now = last && (await fieldsAt(last));
  if (!last || !now) return undefined;
  const open = new Map<string, { text: string; apply: AppliedManifests }>();
  for (const [path, value] of now)
    if (isIn(path, field)) open.set(path, { text: canonicalJson(value), apply: last });
  const settled = new Map<string, AppliedManifests>();
  let render = last.render;
  for (const apply of older) {
    if (open.size === 0) break;
    const isSame = apply.render === render;
    const then: Fields | undefined = isSame ? undefined : await fieldsAt(apply);
    for (const [path, one] of open) {
      const value = then?.get(path);
      if (isSame || (value !== undefined && canonicalJson(value) === one.text)) one.apply = apply;
      else {
        settled.set(path, one.apply);
        open.delete(path);
      }
    }
    ({ render } = apply);
  }
  return [...now].flatMap(([path, value]): readonly BlamedField[] => {
    const still = open.get(path);
    const apply = settled.get(path) ?? still?.apply;
    return apply ? [{ path, value, apply, isOlder: still !== undefined && !all }] : [];
  });
};

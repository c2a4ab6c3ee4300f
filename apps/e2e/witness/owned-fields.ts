/** One step into an object: a key of a map, or an item of a list by its keys, value or index. */
type Step =
  | { readonly key: string }
  | { readonly item: Readonly<Record<string, unknown>> }
  | { readonly value: unknown }
  | { readonly index: number };

/** A leaf that somebody owns (FieldsV1 of Kubernetes' server-side apply). */
export type Field = readonly Step[];

const stepOf = (name: string): Step => {
  const rest = name.slice(2);
  if (name.startsWith('f:')) return { key: rest };
  if (name.startsWith('k:')) return { item: JSON.parse(rest) as Record<string, unknown> };
  if (name.startsWith('v:')) return { value: JSON.parse(rest) as unknown };
  return { index: Number(rest) };
};

/** The leaves of a set in the form FieldsV1; `.` says that an item itself is owned, which its keys say too. */
export const fieldsOf = (set: Readonly<Record<string, unknown>>, above: Field = []): readonly Field[] =>
  Object.entries(set).flatMap(([name, below]) => {
    if (name === '.') return [];
    const here = [...above, stepOf(name)];
    const inner = fieldsOf(below as Record<string, unknown>, here);
    return inner.length > 0 ? inner : [here];
  });

const matches = (item: unknown, keys: Readonly<Record<string, unknown>>): boolean =>
  typeof item === 'object' &&
  item !== null &&
  // A key that has a default may be left out of the item.
  Object.entries(keys).every(([key, value]) => ((item as Record<string, unknown>)[key] ?? value) === value);

/** What stands at a field; undefined where there is nothing. */
export const valueAt = (object: unknown, field: Field): unknown =>
  field.reduce<unknown>((at, step) => {
    if (typeof at !== 'object' || at === null) return undefined;
    if ('key' in step) return (at as Record<string, unknown>)[step.key];
    if (!Array.isArray(at)) return undefined;
    if ('item' in step) return at.find((item) => matches(item, step.item)) as unknown;
    if ('value' in step) return at.find((item) => item === step.value) as unknown;
    return at[step.index] as unknown;
  }, object);

/** The names of the keys on the way to a field: what any notation of it has in common. */
export const keysOf = (field: Field): string =>
  field.flatMap((step) => ('key' in step ? [step.key] : [])).join('/');

/** The same of a path in the record: `/spec/template/spec/containers/[name=web]/image`. */
export const keysOfPath = (path: string): string =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .filter((part) => !part.startsWith('[') && !/^\d+$/.test(part))
    .join('/');

const unescape = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Whether an item has the keys of `name=web,protocol=TCP`; a key that the item leaves out has its default. */
const hasKeys = (item: unknown, keys: string): boolean =>
  typeof item === 'object' &&
  item !== null &&
  keys.split(',').every((pair) => {
    const at = pair.indexOf('=');
    const value = (item as Record<string, unknown>)[pair.slice(0, at)];
    return value === undefined || textOf(value) === pair.slice(at + 1);
  });

const stepInto = (value: unknown, token: string): unknown => {
  if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    const keys = /^\[(.*)\]$/s.exec(token)?.[1];
    if (keys === undefined) return list[Number(token)];
    return keys.startsWith('=')
      ? list.find((item) => String(item) === keys.slice(1))
      : list.find((item) => hasKeys(item, keys));
  }
  const isMap = typeof value === 'object' && value !== null && Object.hasOwn(value, token);
  return isMap ? (value as Record<string, unknown>)[token] : undefined;
};

const withIn = (value: unknown, [token, ...below]: readonly string[], wanted: unknown): unknown => {
  if (token === undefined) return wanted;
  const there = stepInto(value, token);
  const now = there === undefined && below.length > 0 ? undefined : withIn(there, below, wanted);
  if (now === there) return value;
  if (Array.isArray(value)) {
    const list = value as readonly unknown[];
    if (there === undefined) return value;
    return now === undefined
      ? list.filter((item) => item !== there)
      : list.map((item) => (item === there ? now : item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value);
  const kept = [
    ...members.filter(([name]) => name !== token),
    ...(now === undefined ? [] : [[token, now] as const]),
  ];
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};

/**
 * A copy of an object with another value at a pointer, or without one where it is undefined; a map that nothing is left in goes,
 * too. The object itself where there is nothing to hold it.
 */
export const withAtPointer = <Held extends object>(object: Held, pointer: string, value: unknown): Held =>
  (withIn(object, pointer.split('/').slice(1).map(unescape), value) ?? {}) as Held;

/** The value at a pointer as a plan or an inventory writes it (`/containers/[name=web]/image`); undefined where there is none. */
export const valueAtPointer = (object: unknown, pointer: string): unknown =>
  pointer.split('/').slice(1).map(unescape).reduce<unknown>(stepInto, object);

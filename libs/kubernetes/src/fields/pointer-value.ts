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

/** The value at a pointer as a plan or an inventory writes it (`/containers/[name=web]/image`); undefined where there is none. */
export const valueAtPointer = (object: unknown, pointer: string): unknown =>
  pointer.split('/').slice(1).map(unescape).reduce<unknown>(stepInto, object);

/** Turns the data of one version of a type into that of the next. */
export type Upcaster = (data: unknown) => unknown;

/** By `<type>:<from version>`. Every golden of an older version goes through these in the tests. */
const upcasters: ReadonlyMap<string, Upcaster> = new Map();

/** Data of version `from` in the shape of version `to`. Throws where a step is missing: a bug of the release. */
export const upcast = (type: string, from: number, to: number, data: unknown): unknown => {
  let result = data;
  for (let version = from; version < to; version += 1) {
    const step = upcasters.get(`${type}:${version}`);
    if (!step) throw new TypeError(`no upcaster takes ${type} from version ${version}`);
    result = step(result);
  }
  return result;
};

import type { DriftedObject } from '@syncline/events';

import type { Field } from './blame.js';

/** The fields with what somebody else wrote over them, or beside them. */
export const withDrift = (
  fields: readonly Field[],
  {
    drifted,
    since,
    users,
  }: {
    readonly drifted: DriftedObject | undefined;
    readonly since: string;
    readonly users: ReadonlyMap<string, string>;
  },
  field: string | undefined,
): Field[] => {
  const foreign = new Map(
    (drifted?.fields ?? [])
      .filter(({ path }) => field === undefined || path === field || path.startsWith(`${field}/`))
      .map(({ path, change, to, manager }) => [
        path,
        {
          ...{
            change,
            since,
            ...(to !== undefined && { value: to }),
            ...(manager !== undefined && { manager }),
          },
          ...(users.has(manager ?? '') && { user: users.get(manager ?? '') }),
        },
      ]),
  );
  const known = new Set(fields.map(({ path }) => path));
  return [
    ...fields.map((one) => ({ ...one, ...(foreign.has(one.path) && { foreign: foreign.get(one.path) }) })),
    ...[...foreign].filter(([path]) => !known.has(path)).map(([path, by]) => ({ path, foreign: by })),
  ];
};

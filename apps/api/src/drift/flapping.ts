import { isIgnorable, type DriftedObject, type IgnoreRule } from '@syncline/events';
import type { DriftRow } from '@syncline/read-models';

/** A field that drifts again and again: how often, since when, who wrote it, and what ended it each time. */
export type Flapping = {
  readonly project: string;
  readonly application: string;
  readonly cluster: string;
  readonly object: DriftedObject['object'];
  /** Absent where the object itself comes and goes. */
  readonly path?: string;
  readonly times: number;
  readonly since: string;
  readonly last: string;
  readonly managers: readonly string[];
  readonly endedBy: readonly string[];
  /** What leaves the field to whoever writes it, for the application's manifest; absent where no rule can. */
  readonly rule?: IgnoreRule;
};

/** So many drifts of one field within the time are looked at as one that comes again and again. */
export const flapsAt = 3;

type Kept = { -readonly [Name in keyof Flapping]: Flapping[Name] } & {
  readonly managers: string[];
  readonly endedBy: string[];
};

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

const ruleOf = ({ apiVersion, kind, namespace, name }: Flapping['object'], path: string): IgnoreRule => ({
  ...(groupOf(apiVersion) !== '' && { group: groupOf(apiVersion) }),
  kind,
  ...(namespace !== undefined && { namespace }),
  name,
  fields: [path],
});

const addOnce = (to: string[], value: string | null | undefined): void => {
  if (typeof value === 'string' && !to.includes(value)) to.push(value);
};

type Named = {
  readonly object: DriftedObject['object'];
  readonly field?: DriftedObject['fields'][number];
};

/** What a row names: each field of each object, or the object itself. */
const namedBy = ({ objects }: DriftRow): readonly Named[] =>
  (objects as readonly DriftedObject[]).flatMap(({ object, change, fields }): readonly Named[] =>
    change === 'changed' ? fields.map((field) => ({ object, field })) : [{ object }],
  );

/** Fields that drifted at least {@link flapsAt} times by the rows that are given, the most often first. Pure. */
export const flappingOf = (rows: readonly DriftRow[]): readonly Flapping[] => {
  const found = new Map<string, Kept>();
  for (const row of [...rows].sort((a, b) => a.firstSeen.localeCompare(b.firstSeen))) {
    const { project, application, cluster } = row;
    for (const { object, field } of namedBy(row)) {
      const path = field?.path;
      const key = JSON.stringify([
        project,
        application,
        cluster,
        object.apiVersion,
        object.kind,
        object.namespace,
        object.name,
        path,
      ]);
      const known: Kept = found.get(key) ?? {
        ...{ project, application, cluster, object, ...(path !== undefined && { path }) },
        ...{ times: 0, since: row.firstSeen, last: row.firstSeen, managers: [], endedBy: [] },
        ...(path !== undefined && isIgnorable(path) && { rule: ruleOf(object, path) }),
      };
      known.times += 1 + row.flaps;
      known.last = row.firstSeen;
      addOnce(known.managers, field?.manager);
      addOnce(known.endedBy, row.healedBy);
      found.set(key, known);
    }
  }
  return [...found.values()].filter(({ times }) => times >= flapsAt).sort((a, b) => b.times - a.times);
};

import { ignoreRule } from '@syncline/events';
import { z } from 'zod';

import { ago } from '../shell/durations.js';
import { paint, tableText } from '../shell/formats.js';
import { applicationNames } from '../status/fleet-table.js';
import { count, objectText } from '../story/words.js';

/** An object of a drift, as the API tells it. */
export const driftedObject = z.looseObject({
  object: z.looseObject({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
  change: z.string(),
  fields: z.array(
    z.looseObject({
      path: z.string(),
      from: z.unknown().optional(),
      to: z.unknown().optional(),
      manager: z.string().optional(),
    }),
  ),
  fieldCount: z.number(),
});

/** A row of `GET /v1/drift`. */
export const drift = z.looseObject({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  firstSeen: z.string(),
  until: z.string().nullable(),
  lifetimeSeconds: z.number().optional(),
  endedBy: z.string().optional(),
  manager: z.string().optional(),
  objects: z.array(driftedObject),
  objectCount: z.number(),
  flaps: z.number(),
  writes: z.array(z.looseObject({ user: z.string(), manager: z.string().optional() })).optional(),
});
export type Drift = z.infer<typeof drift>;
type Drifted = z.infer<typeof driftedObject>;

const flapping = z.looseObject({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  object: z.looseObject({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
  path: z.string().optional(),
  times: z.number(),
  since: z.string(),
  managers: z.array(z.string()),
  endedBy: z.array(z.string()),
  rule: ignoreRule.optional(),
});
export type Flapping = z.infer<typeof flapping>;

/** The answer of `GET /v1/drift`. */
export const drifts = z.looseObject({
  items: z.array(drift),
  flapping: z.array(flapping),
  next: z.string().optional(),
});

type Screen = { readonly now: Date; readonly colour: boolean };

const longestValue = 40;

const valueText = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
};

const fieldText = ({ path, from, to, manager }: Drifted['fields'][number]): string => {
  const values = from === undefined && to === undefined ? '' : ` ${valueText(from)} → ${valueText(to)}`;
  return `${path}${values}${manager === undefined ? '' : ` by ${manager}`}`;
};

/** What drifted of an object, in a line. */
export const changeText = ({ object, change, fields, fieldCount }: Drifted): string => {
  const [first] = fields;
  if (change !== 'changed' || !first) return `${objectText(object)} ${change}`;
  const more = fieldCount > 1 ? ` and ${count(fieldCount - 1, 'more field')}` : '';
  return `${objectText(object)} ${fieldText(first)}${more}`;
};

/** What drifted, in a line: the first of it, and how much more there is. */
export const whatText = ({ objects, objectCount, flaps, writes }: Drift): string => {
  const [first] = objects;
  const more = objectCount > 1 ? `, ${count(objectCount - 1, 'more object')}` : '';
  const flapped = flaps > 0 ? `, came and went ${count(flaps, 'time')}` : '';
  const users = [...new Set((writes ?? []).map(({ user }) => user))].slice(0, 3);
  const made = users.length === 0 ? '' : ` (${users.join(', ')})`;
  return `${first ? changeText(first) : count(objectCount, 'object')}${made}${more}${flapped}`;
};

const enders: Readonly<Record<string, string>> = {
  heal: 'healed by a plan',
  apply: 'by the next apply',
  released: 'no longer ours',
  ignored: 'ignored by a rule since',
};

const endText = ({ until, lifetimeSeconds = 0, endedBy = '', manager }: Drift): string => {
  if (until === null) return '';
  const lasted = ago(new Date(0).toISOString(), new Date(lifetimeSeconds * 1000));
  return `after ${lasted}, ${enders[endedBy] ?? `undone by ${manager ?? 'somebody in the cluster'}`}`;
};

/** Drifts as people read them, a row each. */
export const driftTable = (drifts: readonly Drift[], { now, colour }: Screen): string => {
  const nameOf = applicationNames(drifts);
  const rows = drifts.map((one) => [
    nameOf(one),
    one.cluster,
    ago(one.firstSeen, now),
    one.until === null ? paint('open', 'yellow', colour) : endText(one),
    whatText(one),
  ]);
  return tableText(['APPLICATION', 'CLUSTER', 'SINCE', 'ENDED', 'WHAT'], rows);
};

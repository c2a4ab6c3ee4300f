import { z } from 'zod';

import { dateTime } from '../shell/durations.js';
import { exitCodes } from '../shell/exit-codes.js';
import { paint } from '../shell/formats.js';
import { readInstant } from '../shell/instants.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { changeText } from '../plan/plan-text.js';
import { count, objectText, short } from '../story/words.js';
import { narrowed, type Narrowed } from './as-of.command.js';

const changes = z.enum(['added', 'changed', 'removed']);
const field = z.looseObject({
  path: z.string(),
  change: changes,
  from: z.json().optional(),
  to: z.json().optional(),
});
/** How one object of a recorded render differs from another one's. */
export const objectDifference = z.looseObject({
  object: z.looseObject({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
  change: changes,
  fields: z.array(field),
  fieldCount: z.number(),
});
const targetDifference = z.looseObject({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  change: z.string(),
  state: z.array(z.object({ field: z.string(), from: z.json(), to: z.json() })),
  objects: z.array(objectDifference),
  objectCount: z.number(),
  unreadable: z.string().optional(),
});
/** `GET /v1/fleet/diff` */
export const fleetDifference = z.looseObject({
  from: z.string(),
  to: z.string(),
  targets: z.array(targetDifference),
  unchanged: z.number(),
});
type TargetDifference = z.infer<typeof targetDifference>;

const names: Readonly<Record<string, string>> = {
  desiredRevision: 'wanted revision',
  plan: 'wanted plan',
  appliedPlan: 'applied plan',
  approvedBy: 'approved by',
};

const valueText = (value: unknown): string => {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(String).join(', ');
  if (typeof value !== 'string') return JSON.stringify(value);
  if (/^[0-9a-f]{64}$/.test(value)) return value.slice(0, 12);
  return /^[0-9a-f]{40}$/.test(value) ? short(value) : value;
};

const signs = { added: ['+', 'green'], changed: ['~', 'yellow'], removed: ['-', 'red'] } as const;

/** An object that differs, field by field. */
export const objectLines = (one: TargetDifference['objects'][number], colour: boolean): readonly string[] => {
  const [sign, tone] = signs[one.change];
  const more = one.fieldCount - one.fields.length;
  return [
    paint(`  ${sign} ${objectText(one.object)}`, tone, colour),
    ...one.fields.map(({ path, change, from, to }) => {
      const values = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
      return `      ${changeText({ path, change, ...values })}`;
    }),
    ...(more > 0 ? [`      and ${count(more, 'field')} more`] : []),
  ];
};

const targetLines = (one: TargetDifference, colour: boolean): readonly string[] => {
  const change = one.change === 'changed' ? '' : `  ${one.change}`;
  const more = one.objectCount - one.objects.length;
  return [
    paint(`${one.project}/${one.application} on ${one.cluster}${change}`, 'bold', colour),
    ...one.state.map(
      ({ field: name, from, to }) => `    ${names[name] ?? name}: ${valueText(from)} → ${valueText(to)}`,
    ),
    ...one.objects.flatMap((each) => objectLines(each, colour)),
    ...(more > 0 ? [`  and ${count(more, 'object')} more`] : []),
    ...(one.unreadable === undefined ? [] : [`  what was applied cannot be compared: ${one.unreadable}`]),
  ];
};

/** What was different of the fleet, as people read it. */
export const differenceText = (
  { from, to, targets, unchanged }: z.infer<typeof fleetDifference>,
  { now, colour }: { readonly now: Date; readonly colour: boolean },
): string => {
  const span = `from ${dateTime(from, now)} to ${dateTime(to, now)}`;
  return [
    ...targets.flatMap((one) => [...targetLines(one, colour), '']),
    `${count(targets.length, 'target')} different ${span}, ${unchanged} as before.`,
  ].join('\n');
};

type Options = CommonOptions & Narrowed & { readonly exitCode?: boolean };

/** What was different of the fleet at two instants, in the order in which they are given. */
export const diffInstants = async (
  surroundings: Surroundings,
  [first, second]: readonly [string, string],
  options: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const now = surroundings.now();
  const query = narrowed(options);
  query.set('from', readInstant(first, now));
  query.set('to', readInstant(second, now));
  const api = await session.api();
  const answer = await api.get(`/v1/fleet/diff?${query.toString()}`, fleetDifference);
  session.show(answer, () => differenceText(answer, { now, colour: surroundings.colour }));
  if (options.exitCode === true && answer.targets.length > 0) surroundings.setExitCode(exitCodes.differences);
};

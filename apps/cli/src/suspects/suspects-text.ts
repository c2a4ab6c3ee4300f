import { z } from 'zod';

import { ago, dateTime } from '../shell/durations.js';
import { changeText, driftedObject } from '../drift/drift-table.js';
import { paintWord } from '../shell/formats.js';
import { approver, count, headline, objectText, short } from '../story/words.js';

const object = z.looseObject({ kind: z.string(), namespace: z.string().optional(), name: z.string() });
const touched = z.looseObject({
  object,
  action: z.string(),
  changes: z.array(
    z.looseObject({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() }),
  ),
  more: z.number(),
});
const suspect = z.looseObject({
  relation: z.string(),
  project: z.string(),
  application: z.string(),
  revision: z.string(),
  state: z.string(),
  startedAt: z.string(),
  approvedBy: z.string().nullable(),
  message: z.string().nullable(),
  author: z.string().nullable(),
  touched: z.array(touched),
  touchedCount: z.number(),
});
const failure = z.looseObject({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  sync: z.string(),
  health: z.string(),
  since: z.string(),
  message: z.string().nullable(),
  objects: z.array(object.extend({ message: z.string() })),
  suspects: z.array(suspect),
  suspectsUnread: z.number(),
  drift: z.array(
    z.looseObject({
      application: z.string(),
      firstSeen: z.string(),
      until: z.string().nullable(),
      objects: z.array(driftedObject),
      objectCount: z.number(),
      users: z.array(z.string()),
    }),
  ),
});

/** The answer of `GET /v1/suspects`. */
export const suspects = z.looseObject({ within: z.string(), failing: z.array(failure) });
export type Suspects = z.infer<typeof suspects>;
type Failure = Suspects['failing'][number];
type Suspect = Failure['suspects'][number];
type Touched = Suspect['touched'][number];

type Screen = { readonly now: Date; readonly colour: boolean };

const longestValue = 60;
const mostShown = 3;

const valueText = (value: unknown): string => {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue - 1)}…` : text;
};

const touchedText = ({ object: name, action, changes, more }: Touched): readonly string[] => {
  const fields = changes
    .slice(0, mostShown)
    .map(({ path, from, to }) =>
      from === undefined && to === undefined
        ? `      ${path}`
        : `      ${path}  ${valueText(from)} → ${valueText(to)}`,
    );
  const left = Math.max(0, changes.length - mostShown) + more;
  const rest = left > 0 ? [`      and ${count(left, 'more field')}`] : [];
  return [`    ${action} ${objectText(name)}`, ...(action === 'create' ? [] : [...fields, ...rest])];
};

const relationTexts: Readonly<Record<string, string>> = {
  object: 'touched what fails',
  application: 'changed the same application',
  namespace: 'changed the same namespace',
  cluster: 'changed what the whole cluster shares',
};

const suspectText = (one: Suspect, now: Date): readonly string[] => {
  const by = one.approvedBy === null ? '' : `, approved by ${approver(one.approvedBy)}`;
  const commit = one.message === null ? '' : ` "${headline(one.message)}"`;
  const author = one.author === null ? '' : `, ${one.author}`;
  const left = one.touchedCount - Math.min(mostShown, one.touched.length);
  return [
    `  ${dateTime(one.startedAt, now)}  ${one.application} ${short(one.revision)}${commit}${author}${by}: ${relationTexts[one.relation] ?? one.relation}`,
    ...one.touched.slice(0, mostShown).flatMap(touchedText),
    ...(left > 0 ? [`    and ${count(left, 'more object')}`] : []),
  ];
};

const driftText = (drift: Failure['drift'][number], now: Date): string => {
  const { application, firstSeen, until, objects, objectCount, users } = drift;
  const [first] = objects;
  const what = first ? changeText(first) : count(objectCount, 'object');
  const made = users.length === 0 ? '' : ` (${users.slice(0, mostShown).join(', ')})`;
  const more = objectCount > 1 ? ` and ${count(objectCount - 1, 'more object')}` : '';
  const end = until === null ? ', and still does' : ` until ${dateTime(until, now)}`;
  return `  ${dateTime(firstSeen, now)}  ${application} drifted in the cluster${end}: ${what}${made}${more}`;
};

const wordOf = ({ sync, health }: Failure): string => (sync === 'Failed' ? sync : health);

/** Failures that look alike and have the same suspects are told once, by the one that began first. */
const alike = (one: Failure): string => {
  const changed = one.suspects.map(({ relation, application, revision }) => [
    relation,
    application,
    revision,
  ]);
  return JSON.stringify([one.project, one.application, wordOf(one), one.message, changed, one.drift.length]);
};

const placesText = (failures: readonly Failure[]): string => {
  const names = failures.map(({ cluster }) => cluster).sort();
  const left = names.length - mostShown;
  return left > 1 ? `${names.slice(0, mostShown).join(', ')} and ${left} more clusters` : names.join(', ');
};

const causesText = ({ objects, message }: Failure): readonly string[] =>
  objects.length > 0
    ? objects.map((cause) => `  ${objectText(cause)}: ${cause.message}`)
    : message === null
      ? []
      : [`  ${message}`];

const failureText = (failures: readonly Failure[], within: string, { now, colour }: Screen): string => {
  const [one] = failures.toSorted((a, b) => a.since.localeCompare(b.since));
  if (!one) return '';
  const since = `${ago(one.since, now)} (${dateTime(one.since, now)})`;
  const found = one.suspects.flatMap((suspected) => suspectText(suspected, now));
  const drift = one.drift.map((each) => driftText(each, now));
  const unread =
    one.suspectsUnread > 0
      ? [`  The plans of ${count(one.suspectsUnread, 'more change')} could not be read.`]
      : [];
  return [
    `${one.project}/${one.application} on ${placesText(failures)}: ${paintWord(wordOf(one), colour)} since ${since}`,
    ...causesText(one),
    `In the ${within} before:`,
    ...found,
    ...drift,
    ...(found.length + drift.length + unread.length === 0
      ? ['  Nothing of it was changed through Syncline.']
      : unread),
  ].join('\n');
};

/** What fails and what was changed before, as people read it. */
export const suspectsText = ({ within, failing }: Suspects, screen: Screen): string =>
  [...Map.groupBy(failing, alike).values()].map((some) => failureText(some, within, screen)).join('\n\n');

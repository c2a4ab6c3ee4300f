import { z } from 'zod';

import { ago, dateTime } from '../shell/durations.js';
import { paint, tableText } from '../shell/formats.js';
import { approver, headline, objectText, short } from '../story/words.js';

const person = z.object({ name: z.string(), email: z.string() });
const field = z.looseObject({
  path: z.string(),
  value: z.json().optional(),
  revision: z.string().optional(),
  message: z.string().optional(),
  author: person.optional(),
  plan: z.string().optional(),
  approvedBy: z.string().optional(),
  approver: person.optional(),
  appliedAt: z.string().optional(),
  isOlder: z.boolean().optional(),
  leftTo: z.string().optional(),
  foreign: z
    .looseObject({
      manager: z.string().optional(),
      user: z.string().optional(),
      change: z.string(),
      value: z.json().optional(),
      since: z.string(),
    })
    .optional(),
});
const targetBlame = z.looseObject({
  cluster: z.string(),
  object: z.looseObject({ kind: z.string(), namespace: z.string().optional(), name: z.string() }),
  live: z.string().optional(),
  fields: z.array(field),
});
/** `GET /v1/blame/...` */
export const blameAnswer = z.looseObject({ at: z.string(), targets: z.array(targetBlame) });
type Field = z.infer<typeof field>;

const longest = 60;

const valueText = (value: unknown): string => {
  if (value === undefined) return '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(/\s+/g, ' ');
  if (text.startsWith('syncline-secret:')) return 'secret';
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
};

const allowedBy = ({ approvedBy, approver: by }: Field): string =>
  by?.name ?? (approvedBy === undefined ? '' : approver(approvedBy));

const commitOf = ({ revision, message, author, isOlder }: Field): readonly [string, string] => {
  if (revision === undefined) return ['', ''];
  const older = isOlder === true ? ' or older' : '';
  const said = message === undefined ? '' : ` "${headline(message)}"`;
  return [`${short(revision)}${older}${said}`, author?.name ?? ''];
};

const rowsOf = (one: Field, now: Date): readonly (readonly string[])[] => {
  const [commit, author] = commitOf(one);
  const applied = one.appliedAt === undefined ? '' : dateTime(one.appliedAt, now);
  const own = [
    one.path,
    valueText(one.value),
    commit,
    author,
    one.plan?.slice(0, 12) ?? '',
    allowedBy(one),
    applied,
  ];
  const left = one.leftTo === undefined ? [] : [['  left to', one.leftTo, 'by the plan']];
  if (!one.foreign) return [own, ...left];
  const { manager, user, change, value, since } = one.foreign;
  const live = change === 'removed' ? '(removed)' : valueText(value);
  const by = `${user === undefined ? (manager ?? 'somebody') : `${user} with ${manager ?? 'something'}`} in the cluster, seen ${ago(since, now)} ago`;
  return [
    ...(one.revision === undefined ? [] : [own]),
    [one.revision === undefined ? one.path : '  live', live, by],
  ];
};

const head = ['FIELD', 'VALUE', 'COMMIT', 'AUTHOR', 'PLAN', 'APPROVED BY', 'APPLIED'];

const wide = (row: readonly string[]): readonly string[] => head.map((_, index) => row[index] ?? '');

/** Who set each field, as people read it; `now` is what ages are counted to. */
export const blameText = (
  { targets, at }: z.infer<typeof blameAnswer>,
  { now, colour }: { readonly now: Date; readonly colour: boolean },
): string =>
  targets
    .map(({ cluster, object, live, fields }) => {
      const gone = live === undefined ? '' : `  ${live} in the cluster`;
      const title = paint(
        `${objectText(object)} on ${cluster} as of ${dateTime(at, now)}${gone}`,
        'bold',
        colour,
      );
      return `${title}\n${tableText(
        head,
        fields.flatMap((one) => rowsOf(one, now).map(wide)),
      )}`;
    })
    .join('\n\n');

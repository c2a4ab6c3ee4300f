import { z } from 'zod';

import { dateTime } from '../shell/durations.js';
import { objectDifference, objectLines } from '../past/diff-instants.js';
import { textOf } from '../story/event-text.js';
import { count, short } from '../story/words.js';

const side = z.looseObject({
  cluster: z.string(),
  revision: z.string().optional(),
  plan: z.string().optional(),
  drift: z.array(z.unknown()).optional(),
  holds: z.array(z.looseObject({ by: z.string(), sentence: z.string() })),
});
/** The answer of `GET /v1/parted/PROJECT/NAME`. */
export const parted = z.looseObject({
  project: z.string(),
  application: z.string(),
  status: z.string(),
  a: side,
  b: side,
  equalFrom: z.string().optional(),
  equalUntil: z.string().optional(),
  event: z
    .looseObject({
      cluster: z.string(),
      type: z.string(),
      at: z.string(),
      position: z.string(),
      data: z.looseObject({}),
    })
    .optional(),
  because: z
    .looseObject({
      chain: z.array(
        z.looseObject({ sentence: z.string(), at: z.string(), position: z.string().optional() }),
      ),
    })
    .optional(),
  objects: z.array(objectDifference),
  objectCount: z.number(),
  ownFields: z.number(),
  unreadable: z.string().optional(),
});
export type PartedAnswer = z.infer<typeof parted>;

type Screen = { readonly now: Date; readonly colour: boolean };

const headOf = ({ status, application, a, b, equalFrom, equalUntil }: PartedAnswer, now: Date): string => {
  const both = `${application} on ${a.cluster} and on ${b.cluster}`;
  const at = (instant: string | undefined) => (instant === undefined ? 'then' : dateTime(instant, now));
  switch (status) {
    case 'equal':
      return `${both} are the same, since ${at(equalFrom)}.`;
    case 'parted':
      return `${both} were the same from ${at(equalFrom)} until ${at(equalUntil)}.`;
    case 'never-equal':
      return `${both} were never the same.`;
    case 'gone':
      return equalUntil === undefined
        ? `${both}: one of them was let go of, and they were not the same before.`
        : `${both} were the same until ${at(equalUntil)}, when one of them was let go of.`;
    default:
      return `${both}: one of them has held nothing yet.`;
  }
};

const eventText = ({ event, application, project }: PartedAnswer): string => {
  if (!event) return '';
  const { cluster, type, data } = event;
  const family = type === 'TargetReleased' || type.startsWith('Plan') ? 'ev.plan' : 'ev.cluster';
  const middle = family === 'ev.cluster' ? `${cluster}.target` : cluster;
  return textOf({ ...event, type, data, subject: `${family}.${middle}.${project}.${application}` } as never);
};

const eventLines = (answer: PartedAnswer, now: Date): readonly string[] => {
  const { event, because, status } = answer;
  if (!event) return [];
  const word = status === 'equal' ? 'They became so' : 'They parted';
  return [
    `${word} on ${event.cluster}, ${dateTime(event.at, now)} (${event.position}): ${eventText(answer)}`,
    ...(because?.chain ?? []).map(({ sentence, at, position }) => {
      const where = position === undefined ? '' : `  (${position})`;
      return `    ${dateTime(at, now)}  ${sentence}${where}`;
    }),
  ];
};

const sideLine = ({ cluster, revision, drift, holds }: PartedAnswer['a']): readonly string[] => [
  `  ${cluster}: ${revision === undefined ? 'holds nothing' : `runs ${short(revision)}`}${drift ? `, ${count(drift.length, 'object')} drifted` : ''}`,
  ...holds.map(({ by, sentence }) => `    held by ${by}: ${sentence}`),
];

/** Where two targets parted, as people read it. */
export const partedText = (answer: PartedAnswer, { now, colour }: Screen): string => {
  const { a, b, objects, objectCount, ownFields, unreadable, status } = answer;
  const more = objectCount - objects.length;
  const isApart = status !== 'equal';
  return [
    headOf(answer, now),
    ...eventLines(answer, now),
    ...sideLine(a),
    ...sideLine(b),
    ...(isApart && objects.length > 0 ? [`From ${a.cluster} to ${b.cluster}:`] : []),
    ...(isApart ? objects.flatMap((one) => objectLines(one, colour)) : []),
    ...(more > 0 ? [`  and ${count(more, 'object')} more`] : []),
    ...(ownFields > 0
      ? [
          `${count(ownFields, 'field')} ${ownFields === 1 ? 'differs' : 'differ'} as the application declares for its clusters.`,
        ]
      : []),
    ...(unreadable === undefined ? [] : [`What was applied cannot be compared: ${unreadable}`]),
  ].join('\n');
};

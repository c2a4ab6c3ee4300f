import { z } from 'zod';

import { ago } from '../shell/durations.js';
import { paint, paintWord } from '../shell/formats.js';

const objectName = z.looseObject({ kind: z.string(), namespace: z.string().optional(), name: z.string() });
const event = z.looseObject({
  type: z.string(),
  reason: z.string(),
  message: z.string(),
  count: z.number(),
  lastSeen: z.string(),
});
const resource = z.looseObject({
  object: objectName,
  uid: z.string().optional(),
  owner: z.string().optional(),
  health: z.string(),
  message: z.string().optional(),
  createdAt: z.string().optional(),
  events: z.array(event),
});
const problem = z.looseObject({ code: z.string(), sentence: z.string() });

/** What one cluster said of an application, or why it said nothing. */
export const targetResources = z.looseObject({
  cluster: z.string(),
  problem: problem.optional(),
  resources: z.array(resource).default([]),
  omitted: z.number().default(0),
  missing: z.array(objectName).default([]),
  notes: z.array(z.string()).default([]),
});

export type TargetResources = z.infer<typeof targetResources>;
type Resource = z.infer<typeof resource>;
type Screen = { readonly now: Date; readonly colour: boolean };

/** Text of a cluster on one line: what is not to be printed is left out. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();

const nameOf = ({ kind, name }: Resource['object']): string => `${kind}/${name}`;

const eventText = (
  { type, reason, message, count, lastSeen }: Resource['events'][number],
  screen: Screen,
) => {
  const times = count > 1 ? ` (${count} times)` : '';
  const seen = Number.isNaN(Date.parse(lastSeen)) ? '' : `, ${ago(lastSeen, screen.now)} ago`;
  const word = paint(oneLine(reason), type === 'Warning' ? 'yellow' : 'grey', screen.colour);
  return `${word}${times}${seen}: ${oneLine(message)}`;
};

/** One line of a resource, and its events below it. */
const resourceLines = ({ object, health, message, createdAt, events }: Resource, screen: Screen) => {
  const age = createdAt === undefined ? '' : `, ${ago(createdAt, screen.now)} old`;
  const said = message === undefined || health === 'Current' ? '' : `: ${oneLine(message)}`;
  return {
    head: `${nameOf(object)}  ${paintWord(health, screen.colour)}${age}${said}`,
    below: events.map((one) => eventText(one, screen)),
  };
};

const branch = (all: readonly Resource[], some: readonly Resource[], screen: Screen): readonly string[] =>
  some.flatMap((one, index) => {
    const isLast = index === some.length - 1;
    const { head, below } = resourceLines(one, screen);
    const children = one.uid === undefined ? [] : all.filter(({ owner }) => owner === one.uid);
    const trunk = children.length > 0 ? '│ ' : '  ';
    const inner = [...below.map((line) => `${trunk}  ${line}`), ...branch(all, children, screen)];
    return [`${isLast ? '└─' : '├─'} ${head}`, ...inner.map((line) => `${isLast ? ' ' : '│'}  ${line}`)];
  });

/** What one cluster holds of an application, as a tree. */
export const treeText = (target: TargetResources, screen: Screen): string => {
  const { cluster, problem: trouble, resources, omitted, missing, notes } = target;
  if (trouble)
    return `${cluster}  ${paint('cannot be asked', 'red', screen.colour)}: ${oneLine(trouble.sentence)}`;
  const roots = resources.filter(({ owner }) => owner === undefined);
  return [
    roots.length + missing.length === 0 ? `${cluster}  holds nothing of it` : cluster,
    ...branch(resources, roots, screen),
    ...missing.map(
      (one) => `${nameOf(one)}  ${paintWord('NotFound', screen.colour)}: is gone from the cluster`,
    ),
    ...(omitted === 0 ? [] : [`${omitted} more are not shown`]),
    ...notes.map(oneLine),
  ].join('\n');
};

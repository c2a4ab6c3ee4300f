import { z } from 'zod';

import { target } from '../client/contract.js';
import { dateTime } from '../shell/durations.js';
import { tableText } from '../shell/formats.js';
import { applicationNames, targetTable } from '../status/fleet-table.js';
import { approver, short } from '../story/words.js';

/** A target as it was. */
export const pastTarget = z.looseObject({
  ...target.shape,
  approvedBy: z.string().optional(),
  applied: z
    .looseObject({
      plan: z.string(),
      approvedBy: z.string().optional(),
      approver: z.object({ name: z.string() }).optional(),
      manifests: z.string().optional(),
    })
    .optional(),
  drift: z.looseObject({ since: z.string(), objects: z.number() }).optional(),
  images: z.array(z.string()).optional(),
  notYetKnown: z.boolean(),
  recordedAt: z.string(),
});
export type PastTarget = z.infer<typeof pastTarget>;
/** `GET /v1/fleet?at=` */
export const pastFleet = z.looseObject({ targets: z.array(pastTarget), at: z.string() });

const head = ['APPLICATION', 'CLUSTER', 'APPLIED', 'PLAN', 'APPROVED BY', 'IMAGES', 'DRIFT'];

const madeOf = (targets: readonly PastTarget[], now: Date): string => {
  const nameOf = applicationNames(targets);
  const rows = targets.map((one) => [
    nameOf(one),
    one.cluster,
    one.revision === null ? '' : short(one.revision),
    one.applied?.plan.slice(0, 12) ?? '',
    one.applied?.approver?.name ??
      (one.applied?.approvedBy === undefined ? '' : approver(one.applied.approvedBy)),
    (one.images ?? []).join(', '),
    one.drift ? `${one.drift.objects} since ${dateTime(one.drift.since, now)}` : '',
  ]);
  return tableText(head, rows);
};

/** What nobody could know at the instant, because it was recorded later. */
const lateLines = (targets: readonly PastTarget[], now: Date): readonly string[] => {
  const late = targets.filter(({ notYetKnown }) => notYetKnown);
  const nameOf = applicationNames(targets);
  const named = late.map(
    (one) =>
      `  ${nameOf(one)} on ${one.cluster}: what had happened by then was recorded until ${dateTime(one.recordedAt, now)}`,
  );
  return late.length === 0 ? [] : ['Not yet known then:', ...named];
};

/** The fleet as it was, as people read it. */
export const asOfText = (
  { targets, at }: z.infer<typeof pastFleet>,
  screen: { readonly now: Date; readonly colour: boolean },
): string => {
  const when = dateTime(at, screen.now);
  if (targets.length === 0) return `No application was on any cluster as of ${when}, of those asked for.`;
  const inSync = targets.filter(({ sync }) => sync === 'InSync').length;
  return [
    targetTable(targets, { ...screen, now: new Date(at) }),
    '',
    madeOf(targets, screen.now),
    '',
    `As of ${when}: ${inSync} of ${targets.length} in sync.`,
    ...lateLines(targets, screen.now),
  ].join('\n');
};

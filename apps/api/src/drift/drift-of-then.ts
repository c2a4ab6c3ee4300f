import { driftDocument, subjects } from '@syncline/events';
import type { DriftRow, Views } from '@syncline/read-models';
import { z } from 'zod';

const mostSayings = 1_000;
const saying = z.looseObject({
  firstSeen: z.string(),
  objects: driftDocument.shape.objects,
  objectCount: z.int(),
  flaps: z.int(),
});

/** Whether it was said as something else later: a row holds a drift as it was said last. */
const isSaidLater = (row: DriftRow, at: string): boolean =>
  row.said > 1 && Date.parse(row.occurredAt) > Date.parse(at);

/** A drift as it was at an instant (RFC 3339): as it was said last by then, and what ended later lasted then. */
export const driftOfThen = async (views: Views, row: DriftRow, at: string): Promise<DriftRow> => {
  const lasted = row.until !== null && Date.parse(row.until) > Date.parse(at);
  const then = lasted ? { ...row, until: null, healedBy: null, healedByManager: null } : row;
  if (then.until !== null || !isSaidLater(row, at)) return then;
  const { cluster, project, application } = row;
  const events = await views.events({
    after: { sequence: row.sequence - 1, index: 0 },
    limit: mostSayings,
    types: ['DriftDetected'],
    subject: subjects.target(cluster, project, application),
    occurredBy: at,
  });
  const said = events.flatMap((event) => {
    const { success, data } = saying.safeParse(event.data);
    const isOfIt = success && Date.parse(data.firstSeen) === Date.parse(row.firstSeen);
    return isOfIt ? [{ ...data, occurredAt: event.time, recordedAt: event.recordedtime }] : [];
  });
  const last = said.at(-1);
  if (!last) return then;
  const { objects, objectCount, occurredAt, recordedAt } = last;
  const flaps = said.reduce((sum, one) => sum + one.flaps, 0);
  return { ...then, objects, objectCount, occurredAt, recordedAt, said: said.length, flaps };
};

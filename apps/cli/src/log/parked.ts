import { z } from 'zod';

import { listOf, written } from '../client/contract.js';
import { pathAt, type AsOf } from '../shell/as-of.js';
import { ago } from '../shell/durations.js';
import { tableText } from '../shell/formats.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

const parkedSubject = z.looseObject({
  service: z.string(),
  reaction: z.string(),
  subject: z.string(),
  attempts: z.number(),
  reason: z.string(),
  occurredAt: z.string(),
});

/** Lists what reactions gave up on. */
export const listParked = async (
  surroundings: Surroundings,
  options: CommonOptions & AsOf,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const path = pathAt('/v1/log/parked', options, surroundings);
  const { items } = await (await session.api()).get(path, listOf(parkedSubject));
  const rows = items.map((one) => [
    one.service,
    one.reaction,
    one.subject,
    ago(one.occurredAt, surroundings.now()),
    one.reason,
  ]);
  session.show({ parked: items }, () =>
    items.length === 0
      ? 'Nothing is parked.'
      : tableText(['SERVICE', 'REACTION', 'SUBJECT', 'SINCE', 'REASON'], rows),
  );
};

/** Lets a reaction go on with a subject that it gave up on. */
export const resumeParked = async (
  surroundings: Surroundings,
  [service, reaction, subject]: readonly [string, string, string],
  options: CommonOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const { position } = await api.post('/v1/log/parked/resume', { service, reaction, subject }, written);
  session.show(
    { service, reaction, subject, position },
    () => `${reaction} of ${service} goes on with ${subject}.`,
  );
};

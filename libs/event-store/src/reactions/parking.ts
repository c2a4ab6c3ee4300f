import { formatPosition, parsePosition, type Aggregates, type Position } from '@syncline/kernel';
import { serviceAggregate } from '@syncline/domain';

/** Where a service keeps which subjects of its reactions are parked: its own subject of the log. */
export type Parking = {
  readonly service: string;
  readonly subject: string;
  readonly aggregates: Aggregates;
};

const keyOf = (reaction: string, subject: string): string => `${reaction}|${subject}`;

/** The parked subjects of one reaction and where each stopped. */
export const parkedOf = async (
  parking: Parking,
  reaction: string,
): Promise<ReadonlyMap<string, Position>> => {
  const { state } = await parking.aggregates.load(serviceAggregate, parking.subject);
  const entries = Object.values(state.parked).filter((one) => one.reaction === reaction);
  return new Map(
    entries.map((one) => [one.subject, parsePosition(one.position) ?? { sequence: 1, index: 0 }]),
  );
};

/** Records that a subject is parked. */
export const park = async (
  parking: Parking,
  reaction: string,
  event: { readonly subject: string; readonly position: Position; readonly correlationId: string },
  attempts: number,
  reason: string,
): Promise<void> => {
  const { service } = parking;
  const position = formatPosition(event.position);
  const data = { service, reaction, subject: event.subject, position, attempts, reason };
  const cause = { actor: `service:${service}`, correlationId: event.correlationId, because: event.position };
  await parking.aggregates.decide(serviceAggregate, parking.subject, { type: 'park', data }, cause);
};

/** Records that a parked subject goes on. */
export const unpark = async (
  parking: Parking,
  reaction: string,
  subject: string,
  actor: string,
): Promise<Position> => {
  const command = { type: 'resume' as const, key: keyOf(reaction, subject), service: parking.service };
  const cause = { actor, correlationId: `resume-${reaction}-${subject}` };
  return (await parking.aggregates.decide(serviceAggregate, parking.subject, command, cause)).position;
};

import { encodeEvent } from '@syncline/events';
import { canonicalJson, formatPosition, type DomainEvent, type StoredEvent } from '@syncline/kernel';

/** One event without what is another each time: its id and its instants. */
export type Said = { readonly type: string; readonly data: unknown };

/** How a decision differs: `other` events, none `no-longer`, some `only-now`, or the planner `fails` over its cause. */
export const differenceKinds = ['other', 'no-longer', 'only-now', 'fails'] as const;

/** A decision that the planner of today makes otherwise than the record says. */
export type Difference = {
  readonly kind: (typeof differenceKinds)[number];
  /** The position of the recorded decision; absent where the record has none. */
  readonly position?: string;
  /** What was reacted to; absent where a person asked, or the clock. */
  readonly cause?: { readonly position: string; readonly subject: string; readonly type: string };
  readonly subject: string;
  readonly recorded: readonly Said[];
  readonly now: readonly Said[];
  /** Where the data differ, as JSON pointers; at most twenty. */
  readonly fields: readonly string[];
  /** What went wrong, where the planner fails. */
  readonly reason?: string;
};

const listedFields = 20;
const envelope = { id: '', source: '', subject: '', time: '', actor: '', correlationId: '' };

/** The instants that a decision holds by the planner's own clock. */
const withoutInstants = ({ type, data }: Said): Said => {
  if (type !== 'PlanHeld') return { type, data };
  const { since, ...rest } = data as { readonly since: string };
  return { type, data: since === '' ? data : rest };
};

/** Decided events as they would be written. Throws where one does not fit its schema. */
export const written = (events: readonly DomainEvent[]): readonly Said[] =>
  events.map((event) => withoutInstants({ type: event.type, data: encodeEvent(event, envelope).data }));

const recordedAs = (events: readonly StoredEvent[]): readonly Said[] =>
  events.map(({ type, data }) => withoutInstants({ type, data }));

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const escaped = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** The places at which two values differ, as JSON pointers (RFC 6901). */
const differingFields = (a: unknown, b: unknown, at: string): readonly string[] => {
  if (canonicalJson(a ?? null) === canonicalJson(b ?? null)) return [];
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return [at];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return keys.flatMap((key) => differingFields(a[key], b[key], `${at}/${escaped(key)}`));
};

/** Whether a recorded decision and one of today are the same but for ids and instants. */
export const isSameDecision = (recorded: readonly StoredEvent[], now: readonly DomainEvent[]): boolean =>
  recorded.length === now.length &&
  recorded.every(({ type }, index) => type === now[index]?.type) &&
  canonicalJson(recordedAs(recorded)) === canonicalJson(written(now));

const causeOf = ({ position, subject, type }: StoredEvent): NonNullable<Difference['cause']> => ({
  position: formatPosition(position),
  subject,
  type,
});

/** What is told of a decision that differs. `now` is empty where the planner decides nothing. */
export const differenceOf = (
  event: StoredEvent | undefined,
  subject: string,
  recorded: readonly StoredEvent[],
  now: readonly DomainEvent[],
): Difference => {
  const [before, after] = [recordedAs(recorded), written(now)];
  const [first] = recorded;
  return {
    kind: after.length === 0 ? 'no-longer' : before.length === 0 ? 'only-now' : 'other',
    ...(first && { position: formatPosition(first.position) }),
    ...(event && { cause: causeOf(event) }),
    subject,
    recorded: before,
    now: after,
    fields:
      before.length === 0 || after.length === 0
        ? []
        : differingFields(before, after, '').slice(0, listedFields),
  };
};

/** What is told where the planner of today fails over a cause. */
export const failureOf = (
  event: StoredEvent | undefined,
  subject: string,
  recorded: readonly StoredEvent[],
  reason: string,
): Difference => {
  const [first] = recorded;
  return {
    kind: 'fails',
    ...(first && { position: formatPosition(first.position) }),
    ...(event && { cause: causeOf(event) }),
    subject,
    recorded: recordedAs(recorded),
    now: [],
    fields: [],
    reason,
  };
};

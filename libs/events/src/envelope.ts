import { formatPosition, type DomainEvent, type StoredEvent } from '@syncline/kernel';
import { z } from 'zod';

import type { EventType } from './define.js';
import { findEventType, isExact } from './registry.js';
import { upcast } from './upcasters.js';

/** A CloudEvents 1.0 JSON object as it is stored; extension names are lower case, as the specification asks. */
export const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  type: z.string(),
  source: z.string(),
  subject: z.string(),
  time: z.string(),
  /** `syncline:<type>:<version>` */
  dataschema: z.string(),
  datacontenttype: z.literal('application/json'),
  data: z.unknown(),
  correlationid: z.string(),
  causationid: z.string().optional(),
  causationsubject: z.string().optional(),
  actor: z.string(),
  traceparent: z.string().optional(),
});

export type CloudEvent = z.infer<typeof cloudEvent>;

/** Why an event cannot be read by this code; it is set aside or halts its subject, never skipped. */
export class UnreadableEvent extends Error {
  override readonly name = 'UnreadableEvent';
}

const utf8 = new TextDecoder();

const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrAbsent = (value: unknown): value is string | undefined => value === undefined || isText(value);

/** Whether a value is what {@link cloudEvent} says, by hand: every event of a replay passes here. */
const isCloudEvent = (raw: unknown): raw is CloudEvent => {
  if (typeof raw !== 'object' || raw === null) return false;
  const event = raw as Record<keyof CloudEvent, unknown>;
  return (
    event.specversion === '1.0' &&
    event.datacontenttype === 'application/json' &&
    'data' in event &&
    isText(event.id) &&
    isText(event.type) &&
    isText(event.source) &&
    isText(event.subject) &&
    isText(event.time) &&
    isText(event.dataschema) &&
    isText(event.correlationid) &&
    isText(event.actor) &&
    isTextOrAbsent(event.causationid) &&
    isTextOrAbsent(event.causationsubject) &&
    isTextOrAbsent(event.traceparent)
  );
};

/** The version in `syncline:<type>:<version>`; not a number where there is none. */
const versionOf = (dataschema: string): number => Number(dataschema.slice(dataschema.lastIndexOf(':') + 1));

/** Data as its schema gives it back. */
const checked = (type: EventType, data: unknown, sequence: number, index: number): unknown => {
  if (isExact(type, data)) return data;
  const parsed = type.schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new UnreadableEvent(`event ${sequence}.${index}, ${type.name}: ${z.prettifyError(parsed.error)}`);
};

const decodeOne = (event: unknown, sequence: number, index: number, recordedAt: string): StoredEvent => {
  if (!isCloudEvent(event)) throw new UnreadableEvent(`event ${sequence}.${index} is no CloudEvent`);
  const type = findEventType(event.type);
  if (!type) throw new UnreadableEvent(`event ${sequence}.${index} is of the unknown type ${event.type}`);
  const stored = versionOf(event.dataschema);
  if (!(stored >= 1 && stored <= type.version)) {
    throw new UnreadableEvent(
      `event ${sequence}.${index} is ${event.type} version ${stored}; this code reads up to ${type.version}`,
    );
  }
  const decoded: { -readonly [Property in keyof StoredEvent]: StoredEvent[Property] } = {
    // The text that is declared, not an equal one: whoever asks for the type need not compare letters.
    type: type.name,
    data: checked(type, upcast(event.type, stored, type.version, event.data), sequence, index),
    id: event.id,
    subject: event.subject,
    position: { sequence, index },
    occurredAt: event.time,
    recordedAt,
    version: type.version,
    source: event.source,
    actor: event.actor,
    correlationId: event.correlationid,
  };
  // One by one: spreading what may be absent costs as much as the rest, and every event of a replay passes here.
  if (event.causationid !== undefined) decoded.causationId = event.causationid;
  if (event.causationsubject !== undefined) decoded.causationSubject = event.causationsubject;
  if (event.traceparent !== undefined) decoded.traceparent = event.traceparent;
  return decoded;
};

/**
 * Decodes one message of the log: a JSON array of CloudEvents. Throws {@link UnreadableEvent} on an unknown type,
 * a newer version, or data that its schema refuses.
 */
export const decodeMessage = (
  bytes: Uint8Array,
  sequence: number,
  recordedAt: string,
): readonly StoredEvent[] => {
  let raw: unknown;
  try {
    raw = JSON.parse(utf8.decode(bytes));
  } catch {
    throw new UnreadableEvent(`message ${sequence} is no JSON`);
  }
  if (!Array.isArray(raw) || raw.length === 0)
    throw new UnreadableEvent(`message ${sequence} holds no events`);
  return raw.map((one, index) => decodeOne(one, sequence, index, recordedAt));
};

/** What the envelope of a new event needs besides the event. */
export type EnvelopeFields = {
  readonly id: string;
  readonly source: string;
  readonly subject: string;
  readonly time: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly causationId?: string;
  readonly causationSubject?: string;
  readonly traceparent?: string;
};

const declared = (name: string): EventType => {
  const type = findEventType(name);
  if (!type) throw new TypeError(`${name} is not declared in libs/events`);
  return type;
};

type Typed = { readonly type: string; readonly version: number; readonly data: unknown };

const wrap = ({ type, version, data }: Typed, fields: EnvelopeFields): CloudEvent => ({
  specversion: '1.0',
  id: fields.id,
  type,
  source: fields.source,
  subject: fields.subject,
  time: fields.time,
  dataschema: `syncline:${type}:${version}`,
  datacontenttype: 'application/json',
  data,
  correlationid: fields.correlationId,
  ...(fields.causationId !== undefined && { causationid: fields.causationId }),
  ...(fields.causationSubject !== undefined && { causationsubject: fields.causationSubject }),
  actor: fields.actor,
  ...(fields.traceparent !== undefined && { traceparent: fields.traceparent }),
});

/** Wraps a new event as a CloudEvent. Throws where its data does not fit its schema: a bug of the writer. */
export const encodeEvent = (event: DomainEvent, fields: EnvelopeFields): CloudEvent => {
  const type = declared(event.type);
  return wrap({ type: type.name, version: type.version, data: type.schema.parse(event.data) }, fields);
};

/** A stored event as the CloudEvent that the API gives out; `position` is its place in the log. Decoding has checked its data. */
export const toCloudEvent = (
  event: StoredEvent,
): CloudEvent & { position: string; recordedtime: string } => ({
  ...wrap(event, { ...event, time: event.occurredAt }),
  position: formatPosition(event.position),
  recordedtime: event.recordedAt,
});

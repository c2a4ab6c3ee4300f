import type { Column, Span } from '../tables/table.js';
import { textOf } from './stored-text.js';

/** How a COPY in the binary format begins and ends: signature, flags, no extension; a row of -1 fields. */
const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const trailer = Buffer.from([0xff, 0xff]);

/** What stands for the length of NULL. */
const nothing = -1;
/** The most that a field takes which is no text: a range with both bounds. */
const mostFixed = 29;
/** UTF-8 takes no more of a UTF-16 code unit. */
const mostBytes = 3;
/** Longer texts are quicker written by the runtime. */
const shortText = 64;
const firstNonAscii = 0x80;
const jsonbVersion = 1;
/** Bits of a range's first byte: no value at all, the lower bound is part of it, the upper bound is infinite. */
const [rangeEmpty, rangeHoldsLower, rangeEndless] = [0x01, 0x02, 0x10];
/** Postgres counts microseconds from the year 2000. */
const epochMs = Date.UTC(2000, 0, 1);
const zero = '0'.charCodeAt(0);
const twoTo32 = 0x1_0000_0000;
/** A row did not fit: the caller makes room and writes it again. */
const noRoom = -1;

const writeInt32 = (bytes: Buffer, value: number, at: number): number => {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
};

const writeInt64 = (bytes: Buffer, value: number, at: number): number => {
  const high = Math.floor(value / twoTo32);
  return writeInt32(bytes, value - high * twoTo32, writeInt32(bytes, high, at));
};

const digits = (text: string, from: number, count: number): number => {
  let value = 0;
  for (let at = from; at < from + count; at += 1) value = value * 10 + text.charCodeAt(at) - zero;
  return value;
};

/** Instants that are written one after the other are mostly of one day. */
let latest = { day: '', ms: 0 };

/** Of an instant as rows keep it: `2026-05-04T14:31:00.000Z`. */
const msOf = (instant: string): number => {
  if (!instant.startsWith(latest.day) || latest.day === '') {
    const day = instant.slice(0, instant.indexOf('T') + 1);
    latest = { day, ms: Date.parse(`${day}00:00:00.000Z`) };
  }
  const at = latest.day.length;
  const seconds =
    digits(instant, at, 2) * 3_600 + digits(instant, at + 3, 2) * 60 + digits(instant, at + 6, 2);
  return latest.ms + seconds * 1_000 + digits(instant, at + 9, 3);
};

/** The rows that one event makes are mostly of the same two instants: when it happened, and when it was recorded. */
let [newer, older] = [
  { instant: '', ms: 0 },
  { instant: '', ms: 0 },
];

const sinceEpoch = (instant: string): number => {
  if (newer.instant === instant) return newer.ms;
  if (older.instant === instant) return older.ms;
  const known = { instant, ms: msOf(instant) - epochMs };
  [newer, older] = [known, newer];
  return known.ms;
};

const writeInstant = (bytes: Buffer, instant: string, at: number): number => {
  const ms = sinceEpoch(instant);
  const microseconds = ms * 1_000;
  return Number.isSafeInteger(microseconds)
    ? writeInt64(bytes, microseconds, at)
    : bytes.writeBigInt64BE(BigInt(ms) * 1_000n, at);
};

const writeRange = (bytes: Buffer, { from, until }: Span, at: number): number => {
  if (until === from) return bytes.writeUInt8(rangeEmpty, at);
  let end = bytes.writeUInt8(until === null ? rangeHoldsLower | rangeEndless : rangeHoldsLower, at);
  end = writeInstant(bytes, from, writeInt32(bytes, 8, end));
  return until === null ? end : writeInstant(bytes, until, writeInt32(bytes, 8, end));
};

/** Writes a text of plain ASCII; false where it is none, or holds NUL. */
const writeAscii = (bytes: Buffer, text: string, at: number): boolean => {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0 || code >= firstNonAscii) return false;
    bytes[at + index] = code;
  }
  return true;
};

const writeText = (bytes: Buffer, text: string, at: number): number => {
  if (text.length <= shortText && writeAscii(bytes, text, at)) return at + text.length;
  return at + bytes.write(textOf('text', text) ?? '', at);
};

const writeValue = (bytes: Buffer, kind: Column['kind'], value: unknown, at: number): number => {
  switch (kind) {
    case 'text':
      return writeText(bytes, value as string, at);
    case 'json':
      return at + 1 + bytes.write(value as string, bytes.writeUInt8(jsonbVersion, at));
    case 'document':
      return at + bytes.write(value as string, at);
    case 'sequence':
      return writeInt64(bytes, value as number, at);
    case 'integer':
      return writeInt32(bytes, value as number, at);
    case 'boolean':
      return bytes.writeUInt8(value === true ? 1 : 0, at);
    case 'instant':
      return writeInstant(bytes, value as string, at);
    case 'range':
      return writeRange(bytes, value as Span, at);
  }
};

/** Writes one field after its length. */
const writeField = (bytes: Buffer, { property, kind }: Column, row: object, at: number): number => {
  const given = (row as Readonly<Record<string, unknown>>)[property];
  if (given === null || given === undefined)
    return at + 4 > bytes.length ? noRoom : writeInt32(bytes, nothing, at);
  const value = kind === 'json' || kind === 'document' ? textOf(kind, given) : given;
  const most = typeof value === 'string' ? Math.max(value.length * mostBytes, mostFixed) : mostFixed;
  if (at + 4 + 1 + most > bytes.length) return noRoom;
  const end = writeValue(bytes, kind, value, at + 4);
  writeInt32(bytes, end - at - 4, at);
  return end;
};

/**
 * Rows of one table in the binary format of COPY (PostgreSQL manual, COPY, "Binary Format"), in which nothing has to be escaped
 * here and parsed there. Texts and JSON are made storable as `textOf` does.
 */
export class CopyRows {
  #bytes: Buffer<ArrayBuffer>;
  #used = header.length;

  /** @param size bytes that are held at once; more only where a single row needs it. */
  constructor(
    private readonly columns: readonly Column[],
    private readonly size: number,
  ) {
    this.#bytes = this.#begin(size);
  }

  /** Adds a row. Gives what is full where there was no room for it: a whole COPY of the rows before. */
  add(row: object): Buffer<ArrayBuffer> | undefined {
    let end = this.#write(row);
    const full = end === noRoom ? this.take() : undefined;
    for (let size = this.size; end === noRoom; size *= 2) {
      this.#bytes = this.#begin(size);
      end = this.#write(row);
    }
    this.#used = end;
    return full;
  }

  /** The rows so far as a whole COPY, which are not kept here; undefined where there are none. */
  take(): Buffer<ArrayBuffer> | undefined {
    if (this.#used === header.length) return undefined;
    const full = this.#bytes.subarray(0, this.#used + trailer.copy(this.#bytes, this.#used));
    this.#bytes = this.#begin(this.size);
    this.#used = header.length;
    return full;
  }

  /** Memory of its own, which can be handed over to another thread. */
  #begin(size: number): Buffer<ArrayBuffer> {
    const bytes = Buffer.allocUnsafeSlow(size);
    header.copy(bytes);
    return bytes;
  }

  #write(row: object): number {
    let at = this.#bytes.writeInt16BE(this.columns.length, this.#used);
    for (const column of this.columns) {
      at = writeField(this.#bytes, column, row, at);
      if (at === noRoom) return noRoom;
    }
    return at + trailer.length > this.#bytes.length ? noRoom : at;
  }
}

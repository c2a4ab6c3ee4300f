import { EVENT_ID, getScalarValue, type Event } from 'js-yaml';

/** A way into a document: keys of mappings and indexes of sequences. */
export type Path = readonly (string | number)[];

/** A parsed file: its text and the parser's events, which refer to the text by offset. */
export type ParsedFile = { readonly text: string; readonly events: readonly Event[] };

/** The line (from 1) of an offset. */
export const lineAtOffset = (text: string, offset: number): number => {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
};

const offsetOf = (event: Event | undefined): number | undefined => {
  if (event === undefined) return undefined;
  if ('start' in event) return event.start;
  if ('valueStart' in event) return event.valueStart;
  return 'anchorStart' in event ? event.anchorStart : undefined;
};

/** The index after the node at `at`. */
const after = (events: readonly Event[], at: number): number => {
  let depth = 0;
  for (let index = at; index < events.length; index += 1) {
    const type = events[index]?.type;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE) depth += 1;
    if (type === EVENT_ID.POP) depth -= 1;
    if (depth <= 0) return index + 1;
  }
  return events.length;
};

const isKey = (file: ParsedFile, at: number, key: string): boolean => {
  const event = file.events[at];
  return event?.type === EVENT_ID.SCALAR && getScalarValue(file.text, event) === key;
};

const isOpen = (file: ParsedFile, at: number): boolean => {
  const type = file.events[at]?.type;
  return type !== undefined && type !== EVENT_ID.POP;
};

const inMapping = (file: ParsedFile, from: number, [key, ...rest]: Path): number | undefined => {
  for (let at = from; isOpen(file, at);) {
    const valueAt = after(file.events, at);
    if (isKey(file, at, String(key))) return inside(file, valueAt, rest) ?? offsetOf(file.events[at]);
    at = after(file.events, valueAt);
  }
  return undefined;
};

const inSequence = (file: ParsedFile, from: number, [index, ...rest]: Path): number | undefined => {
  let at = from;
  for (let skipped = 0; skipped < Number(index) && isOpen(file, at); skipped += 1)
    at = after(file.events, at);
  return isOpen(file, at) ? (inside(file, at, rest) ?? offsetOf(file.events[at])) : undefined;
};

const inside = (file: ParsedFile, at: number, path: Path): number | undefined => {
  if (path.length === 0) return undefined;
  const type = file.events[at]?.type;
  if (type === EVENT_ID.MAPPING) return inMapping(file, at + 1, path);
  return type === EVENT_ID.SEQUENCE ? inSequence(file, at + 1, path) : undefined;
};

/** The line of what a path leads to, or of the nearest that exists on the way; `at` is the index of the root node. */
export const lineOfPath = (file: ParsedFile, at: number, path: Path): number =>
  lineAtOffset(file.text, inside(file, at, path) ?? offsetOf(file.events[at]) ?? 0);

/** Where an event stands in the log: the message's stream sequence (from 1) and the event's index in it (from 0). */
export type Position = { readonly sequence: number; readonly index: number };

/** The position before the first event; every real one is greater. */
export const beginning: Position = { sequence: 0, index: 0 };

/** `<sequence>.<index>`, opaque to clients. */
export const formatPosition = (position: Position): string => `${position.sequence}.${position.index}`;

/** Reads `<sequence>.<index>`; undefined where the text is no position. */
export const parsePosition = (text: string): Position | undefined => {
  const match = /^(\d{1,15})\.(\d{1,6})$/.exec(text);
  return match ? { sequence: Number(match[1]), index: Number(match[2]) } : undefined;
};

/** Negative, zero or positive as `a` is before, at or after `b`. */
export const comparePositions = (a: Position, b: Position): number =>
  a.sequence - b.sequence || a.index - b.index;

import { RenderError } from '../render-error.js';

const newline = 10;

/** The line (from 1) that holds the first byte that is no UTF-8: the file is cut in halves until it is found. */
const lineOfFault = (bytes: Uint8Array): number => {
  let good = 0;
  let bad = bytes.length;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    // What is cut off in the middle of a character is no fault: `stream` waits for the rest of it.
    if (isText(bytes.subarray(0, middle), true)) good = middle;
    else bad = middle;
  }
  return bytes.subarray(0, good).filter((byte) => byte === newline).length + 1;
};

const isText = (bytes: Uint8Array, stream: boolean): boolean => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream });
    return true;
  } catch {
    return false;
  }
};

/** The text of a file. Throws {@link RenderError} with the line where it is not UTF-8: a name that was guessed is another name. */
export const decodeText = (file: string, bytes: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new RenderError('yaml-invalid', 'is not UTF-8', { file, line: lineOfFault(bytes), cause });
  }
};

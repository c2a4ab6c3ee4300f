const longestTold = 1_000;
// C0, DEL, C1 (ECMA-48), line separators, and what turns the direction of reading (Unicode Standard Annex 9).
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text that quotes what a repository holds, as it can be told to people: on one line, not for ever, and without what a terminal takes
 * for a command; those characters stand as their escapes in JSON.
 */
export const told = (text: string): string => {
  const plain = text
    .slice(0, longestTold + 1)
    .replaceAll(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return plain.length > longestTold ? `${plain.slice(0, longestTold)}…` : plain;
};

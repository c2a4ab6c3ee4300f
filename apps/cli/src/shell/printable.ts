// What a terminal takes for commands: C0 but for tab and line end, DEL, and C1 (ECMA-48).
// eslint-disable-next-line no-control-regex
const commands = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
/** What turns the direction of reading (Unicode Standard Annex 9), so that text seems to say something else. */
const turns = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text without commands for a terminal: each of their characters stands as its escape in JSON. */
export const withoutCommands = (text: string): string => text.replaceAll(commands, escaped);

/** Text from elsewhere as a terminal may have it: neither a command for it, nor another order of reading. */
export const printable = (text: string): string => withoutCommands(text).replaceAll(turns, escaped);

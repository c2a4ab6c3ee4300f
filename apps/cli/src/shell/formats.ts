import Table from 'cli-table3';
import { stringify } from 'yaml';

import { printable, withoutCommands } from './printable.js';

export const formats = ['table', 'json', 'yaml'] as const;
export type Format = (typeof formats)[number];

const sides = [
  'top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right',
  'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle',
] as const; // prettier-ignore
const noLines = Object.fromEntries(sides.map((side) => [side, '']));

/** Columns without lines, as wide as their widest cell. */
export const tableText = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 2 };
  const table = new Table({ head: [...head], chars: noLines, style });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};

/** A value for programs. */
export const dataText = (value: unknown, format: Exclude<Format, 'table'>): string =>
  // In JSON and in the quoted scalars of YAML, which hold what is no printable character, an escape means the character.
  format === 'json' ? printable(JSON.stringify(value, null, 2)) : withoutCommands(stringify(value).trimEnd());

const colours = { red: 31, green: 32, yellow: 33, grey: 90, bold: 1 } as const;
export type Colour = keyof typeof colours;

/** Text in a colour (ECMA-48), or as it is where the screen shows none. */
export const paint = (text: string, colour: Colour, enabled: boolean): string =>
  enabled ? `\u001b[${colours[colour]}m${text}\u001b[0m` : text;

const tones: Readonly<Record<string, Colour>> = {
  InSync: 'green', Current: 'green', Connected: 'green', ok: 'green',
  Failed: 'red', Lost: 'red', failed: 'red', Terminating: 'red', NotFound: 'red',
  AwaitingApproval: 'yellow', Held: 'yellow', Drifted: 'yellow', Unknown: 'yellow', pending: 'yellow',
}; // prettier-ignore

/** A word of the vocabulary in the colour of what it means. */
export const paintWord = (word: string, enabled: boolean): string => {
  const colour = tones[word];
  return colour === undefined ? word : paint(word, colour, enabled);
};

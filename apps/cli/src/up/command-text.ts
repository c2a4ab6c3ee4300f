import { defaultState } from '../shell/session.js';

/** Writes a command as a person would type it in the checkout. */
export type CommandText = (command: string) => string;

const quoted = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** Commands for the installation in a state directory, which is named unless it is the usual one. */
export const commandFor =
  (state: string): CommandText =>
  (command) =>
    `./syncline ${command}${state === defaultState ? '' : ` --state ${quoted(state)}`}`;

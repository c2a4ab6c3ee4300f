import { AdapterError, isCommandRefused } from '@syncline/kernel';
import { CommanderError } from 'commander';

import { createProgram } from './program.js';
import type { Surroundings } from './shell/surroundings.js';

/** What a command ends with: done, refused or failed, called wrongly, differences found. */
export const exitCodes = { done: 0, refused: 1, usage: 2, differences: 3 } as const;

const isFullDisk = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC';

/** One sentence on what went wrong, or undefined for a bug, which shows itself whole. */
const sentenceOf = (error: unknown): string | undefined => {
  if (isCommandRefused(error) || error instanceof AdapterError) return error.message;
  if (isFullDisk(error)) return 'The disk is full. Free some space and try again.';
  return error instanceof Error && error.name === 'AlreadyRunning' ? error.message : undefined;
};

/** Runs one command; gives its exit code. What was refused is one sentence on stderr. */
export const run = async (args: readonly string[], surroundings: Surroundings): Promise<number> => {
  try {
    await createProgram(surroundings).parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? exitCodes.done);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const sentence = sentenceOf(error);
    surroundings.err(sentence ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)));
    return isCommandRefused(error) && error.code === 'usage' ? exitCodes.usage : exitCodes.refused;
  }
};

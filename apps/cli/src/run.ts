import { AdapterError, isCommandRefused } from '@syncline/kernel';
import { CommanderError } from 'commander';

import { createProgram } from './program.js';
import { exitCodes } from './shell/exit-codes.js';
import type { Surroundings } from './shell/surroundings.js';

const isFullDisk = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOSPC';

/** One sentence on what went wrong, or undefined for a bug, which shows itself whole. */
const sentenceOf = (error: unknown): string | undefined => {
  if (isCommandRefused(error) || error instanceof AdapterError) return error.message;
  if (isFullDisk(error)) return 'The disk is full. Free some space and try again.';
  return error instanceof Error && error.name === 'AlreadyRunning' ? error.message : undefined;
};

/** Runs one command; gives its exit code. What was refused is one sentence on stderr. */
export const run = async (
  args: readonly string[],
  surroundings: Omit<Surroundings, 'setExitCode'>,
): Promise<number> => {
  let code: number = exitCodes.done;
  try {
    const all = { ...surroundings, setExitCode: (other: number) => void (code = other) };
    const program = await createProgram(all, args[0]);
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const sentence = sentenceOf(error);
    surroundings.err(sentence ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)));
    return isCommandRefused(error) && error.code === 'usage' ? exitCodes.usage : exitCodes.refused;
  }
};

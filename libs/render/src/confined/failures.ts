import { isRenderError, RenderError } from '../render-error.js';
import type { Failure } from './messages.js';

/** An error as it travels between processes. */
export const failureOf = (error: unknown): Failure => {
  if (isRenderError(error)) {
    const { code, message, file, line, object } = error;
    return {
      kind: 'refusal',
      code,
      message,
      ...(file !== undefined && { file }),
      ...(line !== undefined && { line }),
      ...(object !== undefined && { object }),
    };
  }
  if (error instanceof RangeError) return { kind: 'range', message: error.message };
  if (!(error instanceof Error)) return { kind: 'other', message: String(error) };
  return { kind: 'other', message: error.message, ...(error.stack !== undefined && { stack: error.stack }) };
};

/** The error that travelled. `file` is what was read last. */
export const errorOf = (failure: Failure, file?: string): Error => {
  switch (failure.kind) {
    case 'refusal': {
      const { code, message, ...place } = failure;
      return new RenderError(code, message, place);
    }
    case 'range':
      return new RenderError(
        'memory-limit',
        `needs more than a program can hold (${failure.message})`,
        placeOf(file),
      );
    case 'other': {
      const error = new Error(failure.message);
      if (failure.stack !== undefined) error.stack = failure.stack;
      return error;
    }
    default:
      return failure satisfies never;
  }
};

/** The beginning of a file as a place, where a file is known. */
export const placeOf = (file: string | undefined): { file?: string; line?: number } =>
  file === undefined ? {} : { file, line: 1 };

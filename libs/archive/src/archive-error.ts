import { AdapterError } from '@syncline/kernel';

const retryable = {
  /** The place cannot be reached, or answers nobody now. */
  'archive-unreachable': true,
  /** The place refuses us, is none, or cannot be written. */
  'archive-refused': false,
  /** What lies there is not what was signed, or is not whole. */
  'archive-wrong': false,
} as const;
export type ArchiveCode = keyof typeof retryable;

/** A failure of an archive. `object` is the file; no message holds a credential. */
export class ArchiveError extends AdapterError {
  override readonly name = 'ArchiveError';
  declare readonly code: ArchiveCode;

  constructor(code: ArchiveCode, message: string, object?: string, cause?: unknown) {
    super({ code, message, retryable: retryable[code], ...(object !== undefined && { object }), cause });
  }
}

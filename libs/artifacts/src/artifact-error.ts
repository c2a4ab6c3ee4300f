import { AdapterError } from '@syncline/kernel';
import type { ArtifactFailure } from '@syncline/events';

/** Why an artifact cannot be had. `code` is the class that the log is told. No message holds a credential. */
export class ArtifactError extends AdapterError {
  override readonly name = 'ArtifactError';
  declare readonly code: ArtifactFailure;

  constructor(code: ArtifactFailure, message: string, cause?: unknown) {
    super({ code, message, retryable: code === 'unreachable' || code === 'slow', cause });
  }
}

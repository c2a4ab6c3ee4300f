import { AdapterError } from '@syncline/kernel';

/** Why a binary or a server is not to be had; the message says what to do. */
export class ToolchainError extends AdapterError {
  override readonly name = 'ToolchainError';

  constructor(
    code: 'binary-missing' | 'build-failed' | 'start-failed' | 'disk-full' | 'platform-unsupported',
    message: string,
    object?: string,
    cause?: unknown,
  ) {
    super({ code, message, retryable: false, ...(object !== undefined && { object }), cause });
  }
}

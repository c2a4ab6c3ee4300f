import { AdapterError } from '@syncline/kernel';

/** What goes wrong with keys and sealed bytes; its messages never carry the content. */
export class SealingError extends AdapterError {
  override readonly name = 'SealingError';

  constructor(
    code: 'bad-identity' | 'bad-recipient' | 'cannot-unseal' | 'cannot-decrypt',
    message: string,
    cause?: unknown,
  ) {
    super({ code, message, retryable: false, cause });
  }
}

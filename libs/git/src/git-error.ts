import type { FetchFailure } from '@syncline/events';
import { AdapterError } from '@syncline/kernel';

/** What can go wrong with Git: the classes of FetchFailed, and what concerns objects and commands alone. */
export type GitCode =
  FetchFailure | 'object-missing' | 'tree-refused' | 'pack-refused' | 'url-refused' | 'git-failed';

const retryable: readonly GitCode[] = [
  'gone',
  'empty',
  'slow',
  'refused',
  'ref-vanished',
  'unreachable',
  'no-space',
];

/** A failure of Git, classified at this package's edge. Its message is a sentence for people and never holds a credential. */
export class GitError extends AdapterError {
  override readonly name = 'GitError';
  declare readonly code: GitCode;

  constructor(code: GitCode, message: string, object?: string, cause?: unknown) {
    super({
      code,
      message,
      retryable: retryable.includes(code),
      ...(object !== undefined && { object }),
      cause,
    });
  }
}

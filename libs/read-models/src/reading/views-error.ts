import { AdapterError } from '@syncline/kernel';

/** The views cannot be read or written now; the log is not touched by that. */
export class ViewsError extends AdapterError {
  override readonly name = 'ViewsError';

  constructor(message: string, cause?: unknown) {
    super({ code: 'views-unavailable', retryable: true, message, cause });
  }
}

/** What Postgres says of a statement that is wrong in itself: SQLSTATE classes of data and syntax, but not of missing tables. */
const isBug = (code: string): boolean => /^(22|23|42)/.test(code) && !['42P01', '42883'].includes(code);

/** A failure of Postgres as the views' own; what can only be a bug of ours is handed on as it is. */
export const classifyViews = (error: unknown): unknown => {
  if (error instanceof ViewsError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (isBug(code)) return error;
  return new ViewsError(
    'Postgres does not answer as it must; the views come back by themselves when it does',
    error,
  );
};

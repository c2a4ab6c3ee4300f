/** Where the HTTP side says what went wrong. */
export type RequestLog = {
  error(details: object, message: string): void;
  warn(details: object, message: string): void;
  info(details: object, message: string): void;
};
/** Injection token of {@link RequestLog}. */
export const Log = Symbol('Log');

/**
 * An expected refusal, written for the person or program that asked. `code` is stable and kebab-case
 * (`plan-superseded`); `message` is one sentence that names the object and says what to do.
 */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';

  constructor(
    readonly code: string,
    sentence: string,
  ) {
    super(sentence);
  }
}

/** Whether an unknown thrown value is a refusal meant for the user. */
export const isCommandRefused = (error: unknown): error is CommandRefused => error instanceof CommandRefused;

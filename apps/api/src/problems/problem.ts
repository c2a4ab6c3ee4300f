/** A refusal by the HTTP side itself. `code` is stable and kebab-case; `detail` says what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** What is asked for is not there. */
export const notFound = (code: string, detail: string): Problem => new Problem(404, code, detail);

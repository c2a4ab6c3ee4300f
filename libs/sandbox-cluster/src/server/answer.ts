import type { Refusal, StatusCause } from '../ownership/operations.js';

/** What a request is answered with: an object, or plain text. */
export type Answer =
  | {
      readonly code: number;
      readonly body: object;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly code: number; readonly text: string };

/** Ends a request with a refusal. */
export class Refused extends Error {
  constructor(readonly answer: Answer) {
    super('refused');
  }
}

/** What a Status is about. */
export type About = {
  readonly name?: string | undefined;
  readonly group?: string | undefined;
  readonly kind?: string | undefined;
  readonly uid?: string | undefined;
};

/** A `Status` answer of failure. */
export const failure = (
  { code, reason, message, causes }: Refusal,
  about: About = {},
): { readonly code: number; readonly body: object } => {
  const known = Object.entries(about).filter(([, value]) => value !== undefined && value !== '');
  const details = { ...Object.fromEntries(known), ...(causes && { causes }) };
  return {
    code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason !== undefined && { reason }),
      ...(Object.keys(details).length > 0 && { details }),
      code,
    },
  };
};

/** Ends the request with a Status. */
export const refuse = (
  code: number,
  reason: string,
  message: string,
  about: About = {},
  causes?: readonly StatusCause[],
): never => {
  throw new Refused(failure({ code, reason, message, ...(causes && { causes }) }, about));
};

/** What the sandbox does not simulate is said so, with where to find it. */
export const notSimulated = (call: string): never =>
  refuse(
    501,
    'NotImplemented',
    `the sandbox does not simulate ${call}; clusters that run Kubernetes have it: npm start -- --clusters real`,
  );

/** The plain 404 of a path that nothing serves. */
export const pageNotFound = (): never => {
  throw new Refused({ code: 404, text: '404 page not found\n' });
};

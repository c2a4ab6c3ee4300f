import { STATUS_CODES } from 'node:http';

import { AdapterError, isCommandRefused } from '@syncline/kernel';

import { Problem } from './problem.js';

/** An answer of RFC 9457. `status` and headers go with it; nothing of an unexpected failure is shown. */
export type ProblemAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly detail: string;
    readonly code: string;
  };
};

/** Refusals that are about the state of a thing and not about the request, beside those of a plan. */
const conflicts: ReadonlySet<string> = new Set(['no-plan', 'not-parked', 'attempt-ended', 'fence-passed']);

const statusOfRefusal = (code: string): number => {
  if (code.endsWith('-unknown') || code.endsWith('-not-found')) return 404;
  return conflicts.has(code) || code.startsWith('plan-') || code.endsWith('-exists') ? 409 : 422;
};

const answer = (
  status: number,
  code: string,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): ProblemAnswer => {
  const title = STATUS_CODES[status] ?? 'Error';
  const all = { 'content-type': 'application/problem+json', ...headers };
  return {
    status,
    headers: all,
    body: { type: `urn:syncline:problem:${code}`, title, status, detail, code },
  };
};

type HttpError = { readonly status: number; readonly code?: unknown; readonly message: string };

/** Nest's and Fastify's own refusals: an unknown route, a body that is no JSON or too large. */
const httpErrorOf = (error: unknown): HttpError | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { status, statusCode, code } = error as Partial<Record<'status' | 'statusCode' | 'code', unknown>>;
  const found = typeof status === 'number' ? status : statusCode;
  return typeof found === 'number' && found >= 400 && found < 500
    ? { status: found, code, message: error.message }
    : undefined;
};

const httpCodes: Readonly<Record<number, readonly [code: string, detail: string]>> = {
  400: [
    'malformed-request',
    'The request cannot be read. Its body must be JSON, its path and query well-formed.',
  ],
  404: ['route-unknown', 'There is no such route. GET /openapi.json lists those that there are.'],
  405: [
    'method-unknown',
    'This route does not know that method. GET /openapi.json lists those that there are.',
  ],
  413: ['body-too-large', 'The body is larger than 8 MiB.'],
  414: ['address-too-long', 'The address is too long.'],
  415: ['media-type-unsupported', 'The body must be application/json.'],
};

/** Chooses status, code and sentence for whatever was thrown. */
export const problemOf = (error: unknown): ProblemAnswer => {
  if (error instanceof Problem) return answer(error.status, error.code, error.detail, error.headers);
  if (isCommandRefused(error)) return answer(statusOfRefusal(error.code), error.code, error.message);
  if (error instanceof AdapterError) {
    if (error.code === 'blob-missing') return answer(404, error.code, error.message);
    return error.retryable
      ? answer(503, error.code, error.message, { 'retry-after': '2' })
      : answer(500, error.code, error.message);
  }
  const http = httpErrorOf(error);
  if (http) {
    const [code, detail] = httpCodes[http.status] ?? ['refused', 'The request was refused.'];
    return answer(http.status, code, detail);
  }
  return answer(500, 'internal-error', 'Something broke on our side. The log of the api service says what.');
};

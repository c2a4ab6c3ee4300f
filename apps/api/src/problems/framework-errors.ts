import type { Reply } from '../requests/http.js';
import { problemOf } from './problem-document.js';

/** Answers what is wrong before any route is known, such as an address that cannot be decoded. */
export const answerFrameworkError = (error: Error, _request: unknown, reply: Pick<Reply, 'status'>): void => {
  const { status, headers, body } = problemOf(error);
  reply.status(status).headers(headers).header('content-type', 'application/problem+json').send(body);
};

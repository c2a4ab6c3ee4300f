import { StandardSchemaValidationPipe } from '@nestjs/common';

import { Problem } from '../problems/problem.js';

const mostIssues = 10;

type Issue = { readonly message: string; readonly path?: readonly unknown[] | undefined };

const segment = (one: unknown): string =>
  typeof one === 'object' && one !== null && 'key' in one ? String(one.key) : String(one);

const sentence = ({ path, message }: Issue): string => {
  const place = path?.map(segment).join('.').slice(0, 100);
  return place === undefined || place === '' ? message : `${place}: ${message}`;
};

/** Checks bodies, queries and path parameters by their zod schemas; says what is wrong, never the value. */
export const requestPipe = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => {
    const said = issues.slice(0, mostIssues).map(sentence);
    const more = issues.length > mostIssues ? ` And ${issues.length - mostIssues} more.` : '';
    return new Problem(422, 'invalid-request', `${said.join('; ')}.${more}`);
  },
});

import type { ServerResponse } from 'node:http';

import type { Requester } from '../access/requester.js';

/** What the handlers need of Fastify's request. */
export type Request = {
  readonly method: string;
  readonly url: string;
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly routeOptions?: { readonly url?: string };
  requester?: Requester;
};

/** What the handlers need of Fastify's reply. */
export type Reply = {
  readonly raw: ServerResponse;
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  headers(values: Readonly<Record<string, string>>): Reply;
  hijack(): Reply;
  send(body: unknown): Reply;
};

/** One header's value; the first where it came twice. */
export const headerOf = (request: Request, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};

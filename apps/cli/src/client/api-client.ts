import { CommandRefused } from '@syncline/kernel';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import { printable } from '../shell/printable.js';

/** Where the API answers and with which token. */
export type Address = { readonly url: string; readonly token: string };

const problem = z.object({
  code: z.string().optional(),
  detail: z.string().optional(),
  title: z.string().optional(),
});

const refusalOf = async (response: Response, what: string): Promise<CommandRefused> => {
  const text = await response.text();
  const parsed = problem.safeParse(parseOrUndefined(text));
  const { code, detail, title } = parsed.success ? parsed.data : {};
  const sentence = printable(detail ?? title ?? `${what} was answered with ${response.status}.`);
  if (response.status === 401) {
    return new CommandRefused(
      'unauthenticated',
      'The API does not accept this token. Set SYNCLINE_TOKEN, or name the state directory with --state DIR.',
    );
  }
  return new CommandRefused(code ?? `http-${response.status}`, sentence);
};

const parseOrUndefined = (text: string, read: (text: string) => unknown = JSON.parse): unknown => {
  try {
    return read(text);
  } catch {
    return undefined;
  }
};

const printableIn = (value: unknown): unknown => {
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value)) return value.map(printableIn);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [printable(key), printableIn(member)]),
  );
};

const unreachable = (url: string, cause: unknown): CommandRefused => {
  const refused = new CommandRefused(
    'unreachable',
    `Nothing answers at ${url}. Start Syncline with npm start, or set SYNCLINE_URL to where it runs.`,
  );
  refused.cause = cause;
  return refused;
};

/** The HTTP API, as every command of the CLI uses it. Throws CommandRefused with the API's own sentence. */
export class ApiClient {
  /** `forPrograms` leaves text as it is; otherwise it is such as a terminal may have it. */
  constructor(
    readonly address: Address,
    private readonly options: { readonly forPrograms?: boolean } = {},
  ) {}

  /** Reads JSON that the API has sent. Throws SyntaxError. */
  readJson(text: string): unknown {
    const value: unknown = JSON.parse(text);
    return this.options.forPrograms === true ? value : printableIn(value);
  }

  /** The answer to a GET, checked by a schema. */
  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.#read(await this.request('GET', path), path, schema);
  }

  /** Asks for a change; a fresh idempotency key goes with it. */
  async post<Schema extends z.ZodType>(
    path: string,
    body: unknown,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    return this.#read(await this.request('POST', path, body), path, schema);
  }

  async delete(path: string): Promise<void> {
    await (await this.request('DELETE', path)).body?.cancel();
  }

  /** Any call; the body of an answer that is no success becomes a CommandRefused. */
  async request(
    method: string,
    path: string,
    body?: unknown,
    options: { readonly signal?: AbortSignal; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    const { url, token } = this.address;
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, ...options.headers };
    if (method !== 'GET') headers['idempotency-key'] = randomUUID();
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init: RequestInit = { method, headers, ...(options.signal && { signal: options.signal }) };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(`${url}${path}`, init).catch((cause: unknown) => {
      if (options.signal?.aborted) throw cause;
      throw unreachable(url, cause);
    });
    if (!response.ok) throw await refusalOf(response, `${method} ${path}`);
    return response;
  }

  async #read<Schema extends z.ZodType>(
    response: Response,
    path: string,
    schema: Schema,
  ): Promise<z.infer<Schema>> {
    const text = await response.text();
    const parsed = schema.safeParse(text === '' ? {} : parseOrUndefined(text, (json) => this.readJson(json)));
    if (parsed.success) return parsed.data;
    throw new CommandRefused(
      'unexpected-answer',
      `The API at ${this.address.url} gave an answer to ${path} that this CLI does not understand: ${z.prettifyError(parsed.error)}`,
    );
  }
}

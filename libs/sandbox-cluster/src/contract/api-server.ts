import { readFile } from 'node:fs/promises';
import { request } from 'node:https';

/** A server that the contract is tried on. */
export type ApiServer = { readonly url: string; readonly ca: string; readonly token: string };

/** What it answered; `body` is text where that is no JSON. */
export type Answer = { readonly code: number; readonly body: AnswerBody };

/** As much of an object, list or Status as the cases look at. */
export type AnswerBody = {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly kind?: string;
    readonly causes?: readonly { reason?: string; message?: string; field?: string }[];
  };
  readonly metadata?: Record<string, unknown> & {
    readonly managedFields?: readonly Record<string, unknown>[];
    readonly resourceVersion?: string;
    readonly uid?: string;
  };
  readonly [field: string]: unknown;
};

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
  accept?: string,
) => Promise<Answer>;

/** Reads how to reach a server from a kubeconfig in JSON. */
export const readServer = async (kubeconfigFile: string): Promise<ApiServer> => {
  const config = JSON.parse(await readFile(kubeconfigFile, 'utf8')) as {
    clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
    users: [{ user: { token: string } }];
  };
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  return { url: server, ca: Buffer.from(ca, 'base64').toString(), token: config.users[0].user.token };
};

/** Requests to a server, as any client would make them. */
export const callsOf =
  ({ url, ca, token }: ApiServer): Call =>
  (method, path, body, contentType = 'application/json', accept = 'application/json') =>
    new Promise((resolve, reject) => {
      const sentBody = body === undefined ? '' : JSON.stringify(body);
      const headers = {
        authorization: `Bearer ${token}`,
        accept,
        'content-type': contentType,
        'content-length': Buffer.byteLength(sentBody),
      };
      const sent = request(`${url}${path}`, { method, headers, ca }, (answer) => {
        answer.toArray().then((chunks: Buffer[]) => {
          resolve({ code: answer.statusCode ?? 0, body: read(Buffer.concat(chunks).toString()) });
        }, reject);
      });
      sent.on('error', reject);
      sent.end(sentBody);
    });

const read = (text: string): AnswerBody => {
  try {
    return JSON.parse(text) as AnswerBody;
  } catch {
    return { message: text };
  }
};

/** Server-side apply as a manager. */
export const applyTo =
  (call: Call) =>
  (path: string, manager: string, body: unknown, query = ''): Promise<Answer> =>
    call('PATCH', `${path}?fieldManager=${manager}${query}`, body, 'application/apply-patch+yaml');

/** How cases write: server-side apply, and an update by a merge patch; `calls` gives the server once it runs. */
export const writersOf = (calls: () => Call) => ({
  apply: (path: string, manager: string, body: unknown, query = ''): Promise<Answer> =>
    applyTo(calls())(path, manager, body, query),
  update: (path: string, body: unknown, manager = 'editor'): Promise<Answer> =>
    calls()('PATCH', `${path}?fieldManager=${manager}`, body, 'application/merge-patch+json'),
});

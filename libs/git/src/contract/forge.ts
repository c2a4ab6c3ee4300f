import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a forge does with a request instead of passing it on; undefined passes it on. */
export type Fault = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/** A server before a Git server, which asks for a password, fails, or watches what is said. */
export const startForge = async (behind: string) => {
  const base = new URL(behind);
  const seen: { url: string; authorization: string | undefined; body: string; answered: number }[] = [];
  let fault: Fault = () => false;
  const server = createServer((incoming, outgoing) => {
    const { authorization } = incoming.headers;
    const record = { url: incoming.url ?? '', authorization, body: '', answered: 0 };
    seen.push(record);
    if (fault(incoming, outgoing)) return;
    const { method, headers } = incoming;
    const passed = request(`${base.origin}${incoming.url ?? ''}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('data', (data: Buffer) => (record.answered += data.length));
      answer.pipe(outgoing);
    });
    incoming.on('data', (data: Buffer) => (record.body += data.toString('latin1')));
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    seen,
    urlOf: (url: string) => `${origin}${new URL(url).pathname}`,
    setFault: (next: Fault) => {
      fault = next;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Answers with nothing but a status. */
export const answering =
  (status: number, headers: Record<string, string> = {}, body = ''): Fault =>
  (_, outgoing) => {
    outgoing.writeHead(status, headers).end(body);
    return true;
  };

/** Passes on whoever knows the password, and asks everybody else for it. */
export const asking = (username: string, password: string): Fault => {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  return (incoming, outgoing) =>
    incoming.headers.authorization !== expected &&
    answering(401, { 'www-authenticate': 'Basic realm="forge"' })(incoming, outgoing);
};

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { ApiClient } from './api-client.js';

const hostile = '\u001b[2Jgone';
const shown = '\\u001b[2Jgone';
const answer = z.object({ list: z.array(z.record(z.string(), z.string())) });
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const isRefused = request.url === '/refused';
    response.writeHead(isRefused ? 409 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(isRefused ? { code: 'no', detail: hostile } : { list: [{ [hostile]: hostile }] }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

describe('the API’s client', () => {
  test('gives text that a terminal may have, in keys as well', async () => {
    const api = new ApiClient({ url, token: 't' });
    expect(await api.get('/', answer)).toEqual({ list: [{ [shown]: shown }] });
    await expect(api.get('/refused', answer)).rejects.toThrow(shown);
  });

  test('gives it as it is to programs', async () => {
    const api = new ApiClient({ url, token: 't' }, { forPrograms: true });
    expect(await api.get('/', answer)).toEqual({ list: [{ [hostile]: hostile }] });
    await expect(api.get('/refused', answer)).rejects.toThrow(shown);
  });
});

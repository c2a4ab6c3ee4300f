import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import {
  openCheckpoint,
  parseVerifier,
  leafHashOf,
  verifyConsistency,
  verifyInclusion,
} from '@syncline/log-proofs';
import { eventually, startPostgresServer, story, type TestPostgres } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

type Checkpoint = { origin: string; size: number; root: string; key: string; note: string };
type Proof = {
  sequence: number;
  size: number;
  subject: string;
  recordedAtNs: string;
  bytes: string;
  leaf: string;
  path: string[];
  checkpoint: Checkpoint;
};

let postgres: TestPostgres;
let api: ApiUnderTest;
beforeAll(async () => {
  postgres = await startPostgresServer();
  api = await ApiUnderTest.start(postgres);
});
afterAll(async () => {
  await api.close();
  await postgres.stop();
});

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const sign = async (): Promise<Checkpoint> =>
  (await (await api.request('POST', '/v1/log/checkpoint')).json()) as Checkpoint;
const read = async <Body>(path: string): Promise<Body> =>
  (await (await api.request('GET', path)).json()) as Body;
const grow = (count: number) =>
  api.append(
    ...Array.from({ length: count }, (_, at) => story.joined(`edge-${at}`, { tier: String(Math.random()) })),
  );

describe('checkpoints', () => {
  it('there are none before the first is signed, which is said', async () => {
    const answer = await api.request('GET', '/v1/log/checkpoint');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'no-checkpoint' });
  });

  it('are signed over everything that is there, recorded, and kept by the witness', async () => {
    const size = await grow(5);
    const signed = await sign();
    // The key was announced before it signed.
    expect(signed.size).toBe(size + 1);
    const verifier = parseVerifier(signed.key)!;
    const opened = openCheckpoint(signed.note, [verifier])!;
    expect(opened.signedBy).toEqual([verifier]);
    expect([opened.size, Buffer.from(opened.root).toString('hex')]).toEqual([signed.size, signed.root]);
    expect(await read('/v1/log/checkpoint')).toEqual(signed);
    const types = (await api.hub.log.read('ev.log')).flatMap(({ events }) => events.map(({ type }) => type));
    expect(types).toEqual(['CheckpointKeyAnnounced', 'CheckpointSigned']);
    expect(await readFile(join(api.folder.path, 'witness', 'checkpoints'), 'utf8')).toBe(`${signed.note}\n`);
  });

  it('are not signed again where nothing but the last one was recorded', async () => {
    const before = await api.hub.log.lastSequence();
    const [one, other] = await Promise.all([sign(), sign()]);
    expect(one).toEqual(other);
    expect(await api.hub.log.lastSequence()).toBe(before);
  });

  it('each begin with the one before, which is proven', async () => {
    const first = await sign();
    await grow(30);
    const second = await sign();
    const { path } = await read<{ path: string[] }>(
      `/v1/log/consistency?from=${first.size}&to=${second.size}`,
    );
    const heads = {
      small: first.size,
      smallRoot: unhex(first.root),
      size: second.size,
      root: unhex(second.root),
    };
    expect(verifyConsistency(heads, path.map(unhex))).toBe(true);
    expect(verifyConsistency({ ...heads, smallRoot: unhex(second.root) }, path.map(unhex))).toBe(false);
  });

  it('prove each message by its stored bytes', async () => {
    const { size } = await sign();
    for (const sequence of [1, 7, size]) {
      const proof = await read<Proof>(`/v1/log/proofs/${sequence}.0`);
      const leafHash = leafHashOf({ ...proof, bytes: new Uint8Array(Buffer.from(proof.bytes, 'base64')) });
      expect(Buffer.from(leafHash).toString('hex')).toBe(proof.leaf);
      const claim = { leaf: sequence - 1, size, leafHash, root: unhex(proof.checkpoint.root) };
      expect(verifyInclusion(claim, proof.path.map(unhex))).toBe(true);
    }
  });

  it.each([
    ['proofs/0', 422],
    ['proofs/x', 422],
    ['proofs/99999', 409],
    ['proofs/1?size=99999', 409],
    ['proofs/1?size=0', 422],
    ['consistency?from=1', 422],
    ['consistency?from=9&to=3', 409],
    ['consistency?from=1&to=99999', 409],
  ])('%s is refused with %d', async (path, status) => {
    expect((await api.request('GET', `/v1/log/${path}`)).status).toBe(status);
  });
});

describe('an API that starts again', () => {
  const again = async (): Promise<void> => {
    await api.app.close();
    await api.parts.close();
    api = await ApiUnderTest.again(api);
  };

  it('goes on with the tree that it has, also where its last write was torn', async () => {
    const before = await sign();
    await appendFile(join(api.folder.path, 'log-tree'), 'torn');
    await again();
    await grow(3);
    const after = await sign();
    const { path } = await read<{ path: string[] }>(
      `/v1/log/consistency?from=${before.size}&to=${after.size}`,
    );
    const heads = {
      small: before.size,
      smallRoot: unhex(before.root),
      size: after.size,
      root: unhex(after.root),
    };
    expect(verifyConsistency(heads, path.map(unhex))).toBe(true);
  });

  it('makes the tree anew where its file was damaged, and the log is the one that was signed', async () => {
    const file = join(api.folder.path, 'log-tree');
    const { size } = await sign();
    const whole = await readFile(file);
    const damaged = Buffer.from(whole);
    damaged[32 * 9] = (damaged[32 * 9] ?? 0) ^ 1;
    await writeFile(file, damaged);
    await again();
    await grow(1);
    expect((await sign()).size).toBeGreaterThan(size);
    expect((await readFile(file)).subarray(0, whole.length).equals(whole)).toBe(true);
    expect(api.logged.join('\n')).toContain('the tree of the log is made anew');
    expect(api.hub.missing()).toEqual([]);
  });

  it('stops everything where the log holds another message than was signed', async () => {
    await sign();
    api.world!.messages.damage(3, new TextEncoder().encode('[]'));
    await again();
    await eventually(() => api.hub.missing().length > 0, 10_000, 'an API that stopped writing');
    expect(api.hub.missing()[0]).toMatch(
      /message 3 is another one than was seen|messages 1 to \d+ are not those/,
    );
    const readiness = (await (await fetch(`${api.url}/readyz`)).json()) as { missing: string[] };
    expect(readiness.missing).toEqual(api.hub.missing());
  });
});

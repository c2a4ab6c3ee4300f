import { archiveLog, folderStore, restoreArchive, verifyArchive, type ArchiveStore } from '@syncline/archive';
import { LogRestore } from '@syncline/event-store';
import type { LogMessage } from '@syncline/kernel';
import { leafHashOf, readKeys } from '@syncline/log-proofs';
import { Projector } from '@syncline/read-models';
import {
  eventually,
  startLog,
  startPostgresServer,
  story,
  temporaryFolder,
  type TemporaryFolder,
  type TestLog,
  type TestPostgres,
} from '@syncline/testkit';
import { Client } from 'pg';
import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../../testing/api-under-test.js';
import { exportLog } from '../export/log-export.js';
import { endOfSegment } from './segments.js';

let api: ApiUnderTest;
let folder: TemporaryFolder;
let place: string;
let store: ArchiveStore;

/** The segments of the API's log, each as short as its checkpoints let it be. */
const nextOf =
  (most: number) =>
  async (after: number): Promise<AsyncIterable<Uint8Array> | undefined> => {
    const { log, blobs } = api.hub;
    const checkpoint = await endOfSegment(log, after, most);
    const scope = { of: 'segment', from: after + 1, to: checkpoint?.size ?? 0 } as const;
    return checkpoint && exportLog({ log, blobs, tree: api.parts.record.tree, checkpoint }, scope);
  };

/** Some blobs in clear and some sealed, of a cluster and of two of them. */
const nameBlobs = async (): Promise<void> => {
  const put = (owner: 'cluster.edge-1' | 'cluster.edge-2', text: string, type = 'application/json') =>
    api.hub.blobs.put(owner, new TextEncoder().encode(text), type);
  const both = [await put('cluster.edge-1', '{"of":"both"}'), await put('cluster.edge-2', '{"of":"both"}')];
  const sealed = await put('cluster.edge-1', 'sealed', 'application/age');
  for (const [at, resources] of [both[0]!, sealed, both[1]!].entries()) {
    const cluster = at === 2 ? 'edge-2' : 'edge-1';
    const data = { cluster, kubernetesVersion: '1.36', resources, capabilities: 'c'.repeat(64) };
    await api.append({
      subject: `ev.cluster.${cluster}.link`,
      events: [{ type: 'CapabilitiesObserved', data }],
    });
  }
};

beforeAll(async () => {
  api = await ApiUnderTest.start();
  for (const [at, decision] of story.wholeStory.entries()) {
    await api.append(decision);
    if (at % 7 === 6) await api.parts.record.checkpoints.sign();
  }
  await nameBlobs();
  await api.parts.record.checkpoints.sign();
  folder = await temporaryFolder('archive');
  place = join(folder.path, 'archive');
  store = folderStore(place);
  await archiveLog({ store, next: nextOf(10) });
});
afterAll(async () => {
  await api.close();
  await folder.remove();
});

const segments = async (): Promise<readonly string[]> =>
  (await store.list()).filter((one) => one.endsWith('.segment'));

describe('an archive', () => {
  it('holds the log up to its newest checkpoint, in segments of which each continues the one before', async () => {
    const newest = await api.parts.record.checkpoints.newest();
    const report = await verifyArchive(store, { beside: { keys: readKeys([newest!.key]) } });
    expect(report).toMatchObject({ size: newest!.size, root: newest!.root, isKeyGiven: true });
    expect(report!.segments).toBeGreaterThan(3);
    expect(await segments()).toHaveLength(report!.segments);
  });

  it('is not added to where nothing was signed since', async () => {
    const before = await segments();
    expect(await archiveLog({ store, next: nextOf(10) })).toMatchObject({ segments: 0 });
    expect(await segments()).toEqual(before);
  });

  it('is handed out by the API as one segment, to administrators alone', async () => {
    const whole = folderStore(join(folder.path, 'whole'));
    const next = async (after: number) => {
      const answer = await api.request('GET', `/v1/log/segment?after=${after}`);
      return answer.status === 204 ? undefined : answer.body!;
    };
    const { segments: added, end } = await archiveLog({ store: whole, next });
    expect([added, end]).toEqual([1, expect.objectContaining({ size: (await verifyArchive(store))!.size })]);
    const { token } = (await (
      await api.request('POST', '/v1/tokens', { body: { name: 'reader', role: 'viewer' } })
    ).json()) as { token: string };
    expect((await api.request('GET', '/v1/log/segment?after=0', { token })).status).toBe(403);
    const beyond = await api.request('GET', '/v1/log/segment?after=100000');
    expect([beyond.status, ((await beyond.json()) as { code: string }).code]).toEqual([409, 'not-covered']);
  });

  it('stands whole or not at all where it is broken off within a segment', async () => {
    const broken = folderStore(join(folder.path, 'broken'));
    let left = 3;
    const breaking = async (after: number) => {
      const bytes = await nextOf(10)(after);
      left -= 1;
      if (left > 0 || !bytes) return bytes;
      return (async function* () {
        for await (const chunk of bytes) yield chunk.subarray(0, chunk.length - 40);
      })();
    };
    await expect(archiveLog({ store: broken, next: breaking })).rejects.toMatchObject({
      code: 'archive-wrong',
    });
    expect(await readdir(broken.place)).toHaveLength(2);
    await writeFile(
      join(broken.place, '.000000000021.segment.x.part'),
      'what a process that was killed has left',
    );
    await archiveLog({ store: broken, next: nextOf(10) });
    expect(await verifyArchive(broken)).toEqual(await verifyArchive(store));
  });

  it('of another log is not added to', async () => {
    const other = await temporaryFolder('other');
    const first = (await segments())[0]!;
    const damaged = join(other.path, first);
    await writeFile(
      damaged,
      (await readFile(join(place, first))).toString('latin1').replace('api', 'apo'),
      'latin1',
    );
    await expect(archiveLog({ store: folderStore(other.path), next: nextOf(10) })).rejects.toMatchObject({
      code: 'archive-wrong',
      object: first,
    });
    await other.remove();
  });
});

describe('an archive that is', () => {
  const damaged = async (
    damage: (dir: string, names: readonly string[]) => Promise<void>,
  ): Promise<unknown> => {
    const copy = await temporaryFolder('damaged');
    const names = await segments();
    for (const name of names) await copyFile(join(place, name), join(copy.path, name));
    await damage(copy.path, names);
    const found = await verifyArchive(folderStore(copy.path)).catch((error: unknown) => error);
    await copy.remove();
    return found;
  };

  it('damaged names the file and the position', async () => {
    const wrong = await damaged(async (dir, names) => {
      const bytes = await readFile(join(dir, names[1]!));
      bytes[bytes.lastIndexOf('specversion')] = 0x58;
      await writeFile(join(dir, names[1]!), bytes);
    });
    expect(wrong).toMatchObject({ code: 'archive-wrong', object: (await segments())[1] });
    expect((wrong as { position: number }).position).toBeGreaterThan(1);
  });

  it('missing a segment names it', async () => {
    const names = await segments();
    const wrong = await damaged((dir) => rm(join(dir, names[2]!)));
    expect(wrong).toMatchObject({ object: names[2], position: Number.parseInt(names[2]!, 10) });
  });

  it('in another order, or cut off, names the file', async () => {
    const swapped = await damaged(async (dir, [, one, two]) => {
      await rename(join(dir, one!), join(dir, 'x'));
      await rename(join(dir, two!), join(dir, one!));
      await rename(join(dir, 'x'), join(dir, two!));
    });
    expect(swapped).toMatchObject({ code: 'archive-wrong', object: (await segments())[1] });
    const cut = await damaged(async (dir, names) => {
      const bytes = await readFile(join(dir, names.at(-1)!));
      await writeFile(join(dir, names.at(-1)!), bytes.subarray(0, bytes.length - 10));
    });
    expect(cut).toMatchObject({ code: 'archive-wrong', object: (await segments()).at(-1) });
  });
});

describe('a log that is restored from it', () => {
  let log: TestLog;
  let postgres: TestPostgres;
  const open = (archive: string) =>
    LogRestore.open({ servers: log.url, credentials: log.installation.credentials.bootstrap! }, archive);
  const restore = (from = store, opened = open) =>
    restoreArchive({ store: from, open: opened }, (target) => target.close());

  beforeAll(async () => {
    [log, postgres] = [await startLog(), await startPostgresServer()];
  });
  afterAll(async () => {
    await log.stop();
    await postgres.stop();
  });

  it('is refused where a key that is not trusted has signed it', async () => {
    const beside = { keys: readKeys(['other+c6fe1a1a+AQ=='].slice(1)) };
    expect(beside.keys).toEqual([]);
    const other = readKeys([
      (await import('../../testing/recorded-log.js')).keyText(new Uint8Array(32).fill(9)),
    ]);
    await expect(
      restoreArchive({ store, beside: { keys: other }, open }, (target) => target.close()),
    ).rejects.toMatchObject({ code: 'archive-wrong' });
  });

  it('is begun by nobody before it is whole, and continued after an interruption', async () => {
    let left = 25;
    const breaking = async (archive: string) => {
      const target = await open(archive);
      return {
        ...{ putBlob: target.putBlob.bind(target), blob: target.blob.bind(target) },
        ...{
          messages: () => target.messages(),
          finish: target.finish.bind(target),
          close: () => target.close(),
        },
        append: async (message: Parameters<LogRestore['append']>[0]) => {
          left -= 1;
          if (left < 0) throw new Error('killed');
          await target.append(message);
        },
      };
    };
    await expect(restoreArchive({ store, open: breaking }, (target) => target.close())).rejects.toThrow(
      'killed',
    );
    await expect(log.hub('api')).rejects.toThrow(/has not ended/);
    await expect(open('syncline/other')).rejects.toThrow(/is not empty: it holds 25 messages/);
    expect(await restore()).toMatchObject({ size: (await verifyArchive(store))!.size });
  });

  it('is refused where there is a log', async () => {
    await expect(restore()).rejects.toThrow(/is not empty/);
  });

  it('has every message at its position, with the time at which it was recorded', async () => {
    const hub = await log.hub('api');
    const size = await hub.log.lastSequence();
    const originals = new Map<number, LogMessage>();
    for await (const { message } of api.hub.log.scan({})) originals.set(message.sequence, message);
    const isSame = (message: LogMessage): void => {
      const original = originals.get(message.sequence)!;
      expect(message.recordedAt).toBe(original.recordedAt);
      expect(leafHashOf(message)).toEqual(leafHashOf(original));
    };
    let seen = 0;
    for await (const { message } of hub.log.scan({})) {
      seen += 1;
      isSame(message);
    }
    expect(seen).toBe(size);
    const ended = new AbortController();
    for await (const { message } of hub.log.follow({}, ended.signal)) {
      isSame(message);
      if (message.sequence === size) ended.abort();
    }
    for (const subject of await hub.log.subjects('ev.>'))
      for (const { message } of await hub.log.read(subject)) isSame(message);
  });

  it('has every blob where it was', async () => {
    const { blobs } = await log.hub('planner');
    const { digest } = await api.hub.blobs.put(
      'cluster.edge-1',
      new TextEncoder().encode('{"of":"both"}'),
      'application/json',
    );
    for (const owner of ['cluster.edge-1', 'cluster.edge-2'] as const)
      expect(new TextDecoder().decode(await blobs.get(owner, digest))).toBe('{"of":"both"}');
    const { digest: sealed } = await api.hub.blobs.put(
      'cluster.edge-1',
      new TextEncoder().encode('sealed'),
      'application/age',
    );
    expect(new TextDecoder().decode(await blobs.get('cluster.edge-1', sealed))).toBe('sealed');
  });

  it('has views equal to those of the original, row for row', async () => {
    const hub = await log.hub('git-watcher');
    const size = await hub.log.lastSequence();
    const projector = new Projector(hub.log, postgres.url);
    projector.start();
    await eventually(() => projector.away === undefined && projector.sequence >= size, 30_000, 'the views');
    await api.get('/v1/fleet');
    const [original, restored] = [await everyRow(api.postgres.url, size), await everyRow(postgres.url, size)];
    await projector.stop();
    expect(Object.keys(original).length).toBeGreaterThan(15);
    expect(original.event!.length).toBeGreaterThan(20);
    expect(restored).toEqual(original);
  });

  it('does not let whoever may write choose when it was recorded', async () => {
    const hub = await log.hub('api');
    const before = await hub.log.lastSequence();
    const { sequence } = await forge(log);
    expect(sequence).toBe(before + 1);
    for await (const { message } of hub.log.scan({ afterSequence: before }))
      expect(Date.parse(message.recordedAt)).toBeGreaterThan(Date.now() - 60_000);
  });
});

/** Every row of every table of the views as text, of what was recorded up to a message. */
const everyRow = async (url: string, upTo: number): Promise<Record<string, readonly string[]>> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'syncline' AND table_type = 'BASE TABLE'
       AND table_name NOT IN ('projection', 'migration') ORDER BY 1`,
    );
    const all: Record<string, readonly string[]> = {};
    for (const { name } of tables) {
      const only = name === 'event' ? `WHERE sequence <= ${upTo}` : '';
      const { rows } = await client.query<{ row: string }>(
        `SELECT t::text AS row FROM syncline.${name} t ${only} ORDER BY 1`,
      );
      all[name] = rows.map(({ row }) => row);
    }
    return all;
  } finally {
    await client.end();
  }
};

const forge = async ({ url, installation }: TestLog): Promise<{ sequence: number }> => {
  const { connect, credsAuthenticator } = await import('@nats-io/transport-node');
  const { headers } = await import('@nats-io/nats-core');
  const { jetstream } = await import('@nats-io/jetstream');
  const authenticator = credsAuthenticator(new TextEncoder().encode(installation.credentials.planner));
  const nc = await connect({ servers: url, authenticator });
  const own = headers();
  own.set('Syncline-Recorded-Ns', '1000000000000000000');
  const ack = await jetstream(nc).publish('ev.app.default.forged', new TextEncoder().encode('[]'), {
    headers: own,
  });
  await nc.close();
  return { sequence: ack.seq };
};

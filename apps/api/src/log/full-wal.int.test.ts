import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import {
  eventually,
  isWholeRun,
  noSmallDisk,
  startSmallDisk,
  story,
  temporaryFolder,
  type SmallDisk,
  type TemporaryFolder,
} from '@syncline/testkit';
import { freePort, startPostgres, type RunningPostgres } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

const reason = isWholeRun ? noSmallDisk() : 'only in whole runs';
if (reason !== undefined) console.log(`the write-ahead log of Postgres is not left without room: ${reason}`);

const turns = 10;
/** Rows of some megabytes that nothing makes smaller: after a few turns more than a file of the write-ahead log. */
const many = (turn: number) =>
  Array.from({ length: 300 }, (_, at) =>
    story.joined(`edge-${turn}-${at}`, { note: randomBytes(6_000).toString('base64url') }),
  );

/** Starts Postgres again whenever it has ended, as its supervisor does. */
class SupervisedPostgres {
  /** How often it has ended or could not start. */
  ends = 0;
  #server: RunningPostgres | undefined;
  #isOver = false;
  #kept: Promise<void> | undefined;

  constructor(private readonly place: { readonly dir: string; readonly port: number }) {}

  async start(): Promise<string> {
    this.#server = await startPostgres(this.place);
    this.#kept ??= this.#keep();
    return this.#server.url;
  }

  async #keep(): Promise<void> {
    for (;;) {
      await this.#server?.ended;
      if (this.#isOver) return;
      await this.start().catch(() => undefined);
      this.ends += 1;
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#server?.stop();
    await this.#kept;
  }
}

describe.skipIf(reason !== undefined)('a Postgres without room for its write-ahead log alone', () => {
  let disk: SmallDisk;
  let folder: TemporaryFolder;
  let postgres: SupervisedPostgres;
  let api: ApiUnderTest;
  beforeAll(async () => {
    [disk, folder] = await Promise.all([startSmallDisk(96), temporaryFolder('postgres')]);
    const place = { dir: folder.path, port: await freePort() };
    await (await startPostgres(place)).stop();
    const log = join(folder.path, 'data', 'pg_wal');
    await promisify(execFile)('cp', ['-a', log, disk.path]);
    await rm(log, { recursive: true });
    await symlink(join(disk.path, 'pg_wal'), log);
    postgres = new SupervisedPostgres(place);
    const url = await postgres.start();
    api = await ApiUnderTest.start({ url, stop: () => postgres.stop() });
    await api.append(...many(0));
    await api.get('/v1/fleet');
  }, 60_000);
  afterAll(async () => {
    await api.close();
    await disk.remove();
    await folder.remove();
  });

  it('ends and is not there until there is room; then the views catch up by themselves and hold everything', async () => {
    await disk.fill();
    for (let turn = 1; turn <= turns; turn += 1) await api.append(...many(turn));
    await eventually(() => postgres.ends > 0, 60_000, 'Postgres has ended');
    const away = await eventually(() => api.parts.projector.away, 20_000, 'the views stand still');
    expect(away).toMatch(/^the views are away: /);
    await disk.free();
    await eventually(() => api.parts.projector.away === undefined, 60_000, 'the views are back');
    const { items } = await api.get<{ items: unknown[] }>('/v1/clusters');
    expect(items).toHaveLength((turns + 1) * 300);
    const rebuilt = await api.request('POST', '/v1/log/rebuild');
    expect(await rebuilt.json()).toMatchObject({ equal: true });
  }, 240_000);
});

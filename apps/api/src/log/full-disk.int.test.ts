import {
  eventually,
  isWholeRun,
  noSmallDisk,
  startPostgresServer,
  startSmallDisk,
  story,
  type SmallDisk,
} from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

const reason = isWholeRun ? noSmallDisk() : 'only in whole runs';
if (reason !== undefined) console.log(`the disk of Postgres is not filled: ${reason}`);

/** Rows of some megabytes, so that tables have to grow. */
const many = (turn: number) =>
  Array.from({ length: 300 }, (_, at) =>
    story.joined(`edge-${turn}-${at}`, { note: `${turn}-`.padEnd(2_000, String(at)) }),
  );

describe.skipIf(reason !== undefined)('a Postgres whose disk is full', () => {
  let disk: SmallDisk;
  let api: ApiUnderTest;
  beforeAll(async () => {
    disk = await startSmallDisk(160);
    api = await ApiUnderTest.start(await startPostgresServer(disk.path));
    await api.append(...many(0));
    await api.get('/v1/fleet');
  });
  afterAll(async () => {
    await api.close();
    await disk.remove();
  });

  it('stops the views, which is said; with room they go on by themselves and hold everything', async () => {
    await disk.fill();
    for (let turn = 1; turn <= 4; turn += 1) await api.append(...many(turn));
    const away = await eventually(() => api.parts.projector.away, 20_000, 'the views stand still');
    expect(away).toMatch(/^the views are away: .*No space left on device/);
    expect(api.logged).toContain('waiting for Postgres: the views are away');
    await disk.free();
    await eventually(() => api.parts.projector.away === undefined, 40_000, 'the views are back');
    const { items } = await api.get<{ items: unknown[] }>('/v1/clusters');
    expect(items).toHaveLength(5 * 300);
    const rebuilt = await api.request('POST', '/v1/log/rebuild');
    expect(await rebuilt.json()).toMatchObject({ equal: true });
  });
});

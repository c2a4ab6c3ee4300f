import { randomBytes } from 'node:crypto';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';

import { isWholeRun, noSmallDisk, startSmallDisk, type SmallDisk } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WatcherWorld } from './testing/watcher-world.js';

const reason = isWholeRun ? noSmallDisk() : 'only in whole runs';
if (reason !== undefined) console.log(`the disk of git-watcher is not filled: ${reason}`);

describe.skipIf(reason !== undefined)('a git-watcher whose disk is full', () => {
  let disk: SmallDisk;
  let world: WatcherWorld;
  beforeAll(async () => {
    [disk, world] = await Promise.all([startSmallDisk(8), WatcherWorld.open()]);
    await world.stopWatcher();
    await symlink(disk.path, join(world.folder.path, 'small'));
    await world.startWatcher('small');
  });
  afterAll(async () => {
    await world.close();
    await disk.remove();
  });

  test('says that it cannot fetch and why, detects nothing by halves, and goes on when there is room again', async () => {
    const clone = await world.makeRepository('tight');
    await world.register('tight');
    await world.nth('tight', 'RevisionDetected', 1);
    await disk.fill();
    await clone.write('large.txt', randomBytes(400_000).toString('base64'));
    await clone.commit('replicas: 2\n');
    await clone.push();
    await world.refresh('tight');
    const { data } = await world.nth('tight', 'FetchFailed', 1);
    expect(data).toMatchObject({
      class: 'no-space',
      reason: expect.stringContaining("There is no room on git-watcher's disk") as string,
    });
    await disk.free();
    await world.refresh('tight');
    await world.nth('tight', 'FetchRecovered', 1);
    const second = await world.nth('tight', 'RevisionDetected', 2);
    expect(second.data).toMatchObject({ revision: await clone.git('rev-parse', 'HEAD') });
    expect(await world.readFileAt('tight', 'app.yaml')).toBe('replicas: 2\n');
  });
});

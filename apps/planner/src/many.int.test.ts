import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { subjects } from '@syncline/events';
import { eventually, hostile, startLog, type TestLog } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { application, configMap } from './testing/files.js';
import { PlannerWorld, type PlannerGround } from './testing/planner-world.js';

/** Ten thousand in whole runs. */
const count = process.env.SYNCLINE_TEST_FULL === '1' ? 10_000 : 300;
const longestPauseMs = 1_000;

let log: TestLog;
let world: PlannerWorld;

beforeAll(async () => {
  log = await startLog();
  const api = await log.hub('api');
  await api.servedClusters.assign('hub', ['staging']);
  const ground: PlannerGround = {
    planner: () => log.hub('planner'),
    watcher: await log.hub('git-watcher'),
    api,
    agent: await log.agent('hub'),
  };
  world = await PlannerWorld.make(ground, ['staging']);
  await world.joins('staging', {});
  await world.registers(['apps']);
  await world.start();
});
afterAll(async () => {
  await world.close();
  await log.stop();
});

/** A revision with a file and a folder for each application, which no cluster is selected for. */
const pushMany = async (changed: string): Promise<void> => {
  await world.git.commit('before', {});
  const objects = new hostile.RawObjects(join(world.git.dir, '.git'));
  const names = Array.from({ length: count }, (_, at) => `app-${at}`);
  const declared = names.map((name) => [
    `${name}.yaml`,
    application(name, name, { selects: { tier: 'none' } }),
  ]);
  const folders = names.map((name) =>
    hostile.folder(
      name,
      objects.folder({ 'a.yaml': configMap('a', { text: name === changed ? 'b' : 'a' }) }),
    ),
  );
  const apps = objects.folder(Object.fromEntries(declared) as Record<string, string>);
  const tree = objects.tree([hostile.folder('apps', apps), ...folders]);
  await world.detect({ revision: objects.commit(tree, changed), tree, parents: [] });
};

describe(`${count} applications of one repository`, () => {
  it(
    'are read without holding up anything else, and one that changes affects no other',
    { timeout: 300_000 },
    async () => {
      const delays = monitorEventLoopDelay({ resolution: 10 });
      const accepted = async (times: number): Promise<unknown> => {
        const events = await world.events(subjects.configuration('fleet'));
        return events.length === times && events.at(-1)?.data;
      };
      await pushMany('none');
      delays.enable();
      const began = performance.now();
      const first = await eventually(() => accepted(1), 120_000, 'the first configuration');
      expect(first).toMatchObject({ applications: count, affected: count });
      const tookMs = performance.now() - began;
      const last = subjects.application('default', `app-${count - 1}`);
      await eventually(async () => (await world.types(last)).length > 0, 120_000, 'the last application');
      delays.disable();
      console.log(
        `${count} applications: read in ${(tookMs / 1000).toFixed(1)} s, longest pause ${(delays.max / 1e6).toFixed(0)} ms`,
      );
      expect(delays.max / 1e6).toBeLessThan(longestPauseMs);
      await pushMany('app-7');
      expect(await eventually(() => accepted(2), 120_000, 'the second')).toMatchObject({ affected: 1 });
    },
  );
});

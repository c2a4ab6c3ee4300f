import { cp, glob, open, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';

import { checkpointsAggregate, serviceAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { Hub } from '@syncline/event-store';
import { Metrics } from '@syncline/observability';
import { eventually, startLog, testKeys, wantsContainers, type TestLog } from '@syncline/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { openRecord, type LogRecord } from './open-record.js';

const services = ['api', 'planner', 'git-watcher'] as const;
const silent = { error: () => undefined, warn: () => undefined, info: () => undefined };
const lost = { code: 'log-lost-positions' };

let log: TestLog;
let hubs: Record<(typeof services)[number], Hub>;
let record: LogRecord;
/** What services say in their own logs. */
let said: string[];

const recordOf = (hub: Hub): Promise<LogRecord> => {
  const stateDir = join(log.dir, 'services', 'api');
  const config = {
    stateDir,
    checkpointKeys: { current: testKeys.checkpointKey },
    checkpointEveryMs: 3_600_000,
  };
  return openRecord(config, hub, new Metrics('api'), silent);
};
const write = (hub: Hub, service: string, count = 1): Promise<unknown> =>
  (async () => {
    for (let at = 0; at < count; at += 1) {
      const data = { service, run: randomUUID(), version: '0', configuration: 'c'.repeat(64) };
      const cause = { actor: `service:${service}`, correlationId: 'c-1' };
      await hub.aggregates.decide(
        serviceAggregate,
        subjects.service(service),
        { type: 'start', data },
        cause,
      );
    }
  })();
const connectAll = async (): Promise<void> => {
  const connected = await Promise.all(
    services.map((service) =>
      log.hub(service, { meter: { halted: ({ message }) => void said.push(`${service}: ${message}`) } }),
    ),
  );
  hubs = Object.fromEntries(services.map((service, at) => [service, connected[at]])) as typeof hubs;
  record = await recordOf(hubs.api);
};
const closeAll = async (): Promise<void> => {
  await record.close();
  await Promise.all(Object.values(hubs).map((hub) => hub.close()));
};
const jetstream = (): string => join(log.dir, 'jetstream');
const blocks = (): Promise<string[]> =>
  Array.fromAsync(glob('**/streams/EVENTS/msgs/*.blk', { cwd: jetstream() })).then((found) =>
    found.map((file) => join(jetstream(), file)).sort(),
  );

/** Each service says why it is not ready, and writes nothing any more. */
const expectStopped = async (): Promise<void> => {
  for (const service of services) {
    const missing = await eventually(
      () =>
        hubs[service]
          .missing()
          .find((sentence) => /log (is not|does not hold)|stopped everyone/.test(sentence)),
      20_000,
      `${service} has stopped writing`,
    );
    expect(missing).toMatch(/message|checkpoint/);
    await expect(write(hubs[service], service)).rejects.toMatchObject(lost);
    expect(said.filter((line) => line.startsWith(`${service}: `))).toHaveLength(1);
  }
};

beforeEach(async () => {
  said = [];
  log = await startLog();
  await connectAll();
  for (const service of services) await write(hubs[service], service, 5);
  await record.checkpoints.sign();
});
afterEach(async () => {
  await record.close();
  await log.stop();
});

it.skipIf(wantsContainers())(
  'where an old copy of the files is put back, every service notices and stops writing',
  async () => {
    await log.kill();
    await cp(jetstream(), join(log.dir, 'copy'), { recursive: true });
    await log.start();
    await eventually(
      () => services.every((one) => hubs[one].missing().length === 0),
      20_000,
      'all are ready',
    );
    await write(hubs.planner, 'planner', 5);
    await record.checkpoints.sign();
    await write(hubs.planner, 'planner');
    await log.kill();
    await rm(jetstream(), { recursive: true });
    await cp(join(log.dir, 'copy'), jetstream(), { recursive: true });
    await log.start();
    await expectStopped();
  },
);

it.skipIf(wantsContainers())(
  'where a block of the log is truncated, every service notices and stops writing',
  async () => {
    await log.kill();
    const last = (await blocks()).at(-1)!;
    const { length } = await readFile(last);
    await truncate(last, Math.floor(length / 2));
    await log.start();
    await expectStopped();
  },
);

it.skipIf(wantsContainers())(
  'where a byte of an old message is another, api notices, and everybody stops writing',
  async () => {
    await log.kill();
    const first = (await blocks())[0]!;
    const bytes = await readFile(first);
    const at = bytes.indexOf('"configuration":"ccc');
    const file = await open(first, 'r+');
    await file.write('d', at + '"configuration":"'.length);
    await file.close();
    await log.start();
    await expectStopped();
  },
);

it.skipIf(wantsContainers())(
  'where positions were used again for other messages, no service starts',
  async () => {
    await closeAll();
    await log.restart();
    await cp(jetstream(), join(log.dir, 'copy'), { recursive: true });
    await connectAll();
    await write(hubs['git-watcher'], 'git-watcher', 3);
    await record.checkpoints.sign();
    const last = await hubs.api.log.lastSequence();
    // As each does every few seconds.
    for (const service of services) await hubs[service].aggregates.load(checkpointsAggregate, subjects.log());
    await closeAll();
    await log.kill();
    await rm(jetstream(), { recursive: true });
    await cp(join(log.dir, 'copy'), jetstream(), { recursive: true });
    await log.start();
    // Somebody without a memory writes over what was lost.
    const stranger = await log.hub('planner', { stateDir: join(log.dir, 'stranger') });
    while ((await stranger.log.lastSequence()) <= last) await write(stranger, 'planner');
    await stranger.close();
    for (const service of services) await expect(log.hub(service)).rejects.toMatchObject(lost);
  },
);

it('where everything is as it was, nobody minds that the server ended', async () => {
  await log.kill();
  await log.start();
  await eventually(() => services.every((one) => hubs[one].missing().length === 0), 20_000, 'all are ready');
  for (const service of services) await write(hubs[service], service);
  const { size } = await record.checkpoints.sign();
  expect(size).toBe(20);
  for (const service of services) expect(hubs[service].missing()).toEqual([]);
});

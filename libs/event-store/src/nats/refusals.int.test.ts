import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { jetstreamManager, DiscardPolicy, type StreamConfig } from '@nats-io/jetstream';
import { subjects } from '@syncline/events';
import { eventually, startLog, temporaryFolder, type TestLog } from '@syncline/testkit';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { createInstallation } from '../accounts/installation.js';
import { because, notes } from '../contract/notes.js';
import type { Hub } from '../hub.js';
import { bootstrapLog } from './bootstrap.js';
import { openConnection } from './connection.js';

let log: TestLog;
beforeEach(async () => {
  log = await startLog();
});
afterEach(() => log.stop());

const bootstrapCredentials = () => log.installation.credentials.bootstrap ?? '';
const asBootstrap = async () => {
  const nc = await openConnection({ servers: log.url, credentials: bootstrapCredentials(), name: 'test' });
  onTestFinished(() => nc.close());
  return jetstreamManager(nc);
};
const note = (hub: Hub, ...texts: string[]) =>
  hub.aggregates.decide(notes, subjects.application('p', 'a'), { texts }, because());
const positionFile = () => join(log.dir, 'services', 'planner', 'log-position.json');

/** The server comes back with another store: what was in the log is gone. */
const loseTheLog = async (): Promise<void> => {
  await log.lose();
  await log.start();
  await bootstrapLog(log.url, bootstrapCredentials());
};

describe('a service refuses to start', () => {
  test('on a server that is older than what was tried', async () => {
    const info = { server_id: 'old', version: '2.9.25', proto: 1, headers: true, max_payload: 1048576 };
    const old = createServer((socket) => {
      socket.write(`INFO ${JSON.stringify(info)}\r\n`);
      socket.on('data', (data) => {
        if (data.includes('PING')) socket.write('PONG\r\n');
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => old.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void old.close());
    const servers = `nats://127.0.0.1:${(old.address() as AddressInfo).port}`;
    await expect(log.hub('planner', { servers })).rejects.toMatchObject({
      code: 'log-wrong-server',
      message: expect.stringMatching(/is 2\.9\.25; 2\.15\.2 or newer is needed/) as string,
    });
  });

  test('with credentials of another installation', async () => {
    const other = await createInstallation([]);
    await expect(log.hub('planner', { credentials: other.credentials.planner ?? '' })).rejects.toMatchObject({
      code: 'log-forbidden',
    });
  });

  test.each([
    ['max_age', { max_age: 3_600_000_000_000 }],
    ['max_msgs', { max_msgs: 1_000 }],
    ['discard', { discard: DiscardPolicy.Old }],
  ] satisfies [string, Partial<StreamConfig>][])(
    'on a stream that may forget, naming %s',
    async (field, change) => {
      await (await asBootstrap()).streams.update('EVENTS', change);
      await expect(log.hub('planner')).rejects.toMatchObject({
        code: 'log-wrong-configuration',
        message: expect.stringContaining(`stream EVENTS has ${field}`) as string,
      });
    },
  );

  test('on a stream without the promise not to delete', async () => {
    const jsm = await asBootstrap();
    await jsm.streams.delete('EVENTS');
    await jsm.streams.add({ name: 'EVENTS', subjects: ['ev.>'], allow_direct: true });
    await expect(log.hub('planner')).rejects.toMatchObject({ code: 'log-wrong-configuration' });
  });

  test('where there is no log', async () => {
    await (await asBootstrap()).streams.delete('EVENTS');
    await expect(log.hub('planner')).rejects.toMatchObject({
      code: 'log-wrong-configuration',
      message: expect.stringContaining('was the log bootstrapped?') as string,
    });
  });

  test('on a log that is shorter than the one it saw', async () => {
    const hub = await log.hub('planner');
    for (const text of ['1', '2', '3']) await note(hub, text);
    await hub.close();
    expect(JSON.parse(await readFile(positionFile(), 'utf8'))).toMatchObject({
      highest: 3,
      seen: { sequence: 3 },
    });
    await loseTheLog();
    await expect(log.hub('planner')).rejects.toMatchObject({
      code: 'log-lost-positions',
      message: expect.stringContaining(`move ${positionFile()} away to accept the loss`) as string,
    });
    await rename(positionFile(), `${positionFile()}.lost`);
    await note(await log.hub('planner'), 'from here on');
  });

  test('on a log whose positions were used again', async () => {
    const hub = await log.hub('planner');
    for (const text of ['1', '2', '3']) await note(hub, text);
    await hub.close();
    await loseTheLog();
    const other = await temporaryFolder('other-state');
    onTestFinished(other.remove);
    const innocent = await log.hub('planner', { stateDir: other.path });
    for (const text of ['1', '2', '3', '4']) await note(innocent, text);
    await expect(log.hub('planner')).rejects.toMatchObject({ code: 'log-lost-positions' });
  });

  test('with a position that cannot be read', async () => {
    const hub = await log.hub('planner');
    for (const text of ['1', '2']) await note(hub, text);
    await hub.close();
    await writeFile(positionFile(), '');
    await expect(log.hub('planner')).rejects.toMatchObject({
      code: 'log-lost-positions',
      message: expect.stringContaining(positionFile()) as string,
    });
  });
});

describe('a running service', () => {
  test('starts as soon as a server that was away is there', async () => {
    await log.kill();
    const connecting = log.hub('planner');
    await log.start();
    expect((await note(await connecting, '1')).events).toHaveLength(1);
  });

  test('writes nothing more once the log turns out to be another', async () => {
    const hub = await log.hub('planner');
    for (const text of ['1', '2', '3']) await note(hub, text);
    await loseTheLog();
    // Whether the streams were made anew before or after it looked is a matter of milliseconds.
    await eventually(
      () => hub.missing().some((one) => /does not hold|there is no stream/.test(one)),
      30_000,
      'it is noticed',
    );
    await expect(note(hub, '4')).rejects.toMatchObject({
      code: expect.stringMatching(/^log-(lost-positions|wrong-configuration)$/) as string,
    });
  });
});

import { CommandRefused } from '@syncline/kernel';
import {
  identifyProcess,
  isRunning,
  runningProcesses,
  startProcess,
  stopUnlessReady,
  waitUntilReady,
} from '@syncline/toolchain';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { extractContext } from '../cluster/kubeconfig-context.js';
import { claimInstallation, findSupervisor, recordChildren, releaseInstallation } from './claim.js';
import { stopInstallation } from './down.js';
import { beginInstallation, type Installation } from './installation.js';
import { makeKeys } from './keys.js';
import { placesIn, type Places } from './places.js';
import { choosePorts, moveWhereTaken } from './ports.js';
import { services } from './service-names.js';
import { rememberRegistrations } from './registrations.js';
import { openState } from './state-layout.js';
import { supervise, type Supervised } from './supervised.js';
import { tellWaits } from './waits.js';

let folder: string;
let places: Places;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-up-'));
  places = placesIn(join(folder, 'state'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a state directory', () => {
  test('is made for its owner alone, and opened again', async () => {
    await openState(places);
    await openState(places);
    expect((await stat(places.state)).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['{"layout":2}', /made by a newer Syncline/],
    ['{"layout":', /cannot be read/],
  ])('whose layout is %s is refused in a sentence', async (text, sentence) => {
    await openState(places);
    await writeFile(places.layout, text);
    await expect(openState(places)).rejects.toThrow(sentence);
  });

  test('of somebody else is left alone', async () => {
    await writeFile(join(folder, 'theirs'), '');
    await expect(openState(placesIn(folder))).rejects.toThrow(/not empty/);
    expect(await readdir(folder)).toEqual(['theirs']);
  });

  test('keeps its keys over starts, and says which one is gone', async () => {
    await openState(places);
    await makeKeys(places);
    const token = await readFile(places.token, 'utf8');
    await makeKeys(places);
    expect(await readFile(places.token, 'utf8')).toBe(token);
    for (const name of await readdir(places.keys)) {
      expect((await stat(places.key(name))).mode & 0o077, name).toBe(0);
    }
    await rm(places.key('pack.key'));
    await expect(makeKeys(places)).rejects.toThrow(/pack\.key is missing/);
  });
});

test('ports are kept over starts, and another one is said where one was taken', async () => {
  const file = join(folder, 'ports.json');
  const said: string[] = [];
  const first = await choosePorts(file, () => undefined);
  const stranger = createServer().listen(first.nats, '127.0.0.1');
  await once(stranger, 'listening');
  const second = await choosePorts(file, (line) => said.push(line));
  stranger.close();
  expect({ ...second, nats: 0 }).toEqual({ ...first, nats: 0 });
  expect(second.nats).not.toBe(first.nats);
  expect(said).toEqual([`port ${first.nats} is taken by something else; nats listens on ${second.nats}`]);
});

test('a service is given another port where its own was taken while it was down, and what people type keeps its own', async () => {
  const file = join(folder, 'moved.json');
  const said: string[] = [];
  const ports = await choosePorts(file, () => undefined);
  const before = { ...ports };
  const strangers = [ports.planner, ports.api].map((port) => createServer().listen(port, '127.0.0.1'));
  await Promise.all(strangers.map((stranger) => once(stranger, 'listening')));
  for (const name of services) await moveWhereTaken(file, ports, name, (line) => said.push(line));
  for (const stranger of strangers) stranger.close();
  expect(ports.planner).not.toBe(before.planner);
  expect({ ...ports, planner: 0 }).toEqual({ ...before, planner: 0 });
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(ports);
  expect(said).toHaveLength(1);
});

test('a registration is made once, and again where it changed', async () => {
  const register = vi.fn(() => Promise.resolve());
  for (const content of ['a', 'a', 'b']) {
    const registrations = await rememberRegistrations(join(folder, 'registered.json'));
    await registrations.once('cluster/x', content, register);
  }
  expect(register).toHaveBeenCalledTimes(2);
});

describe('a supervised process', () => {
  const start = async () => {
    const options = { name: 'sleeper', command: 'sleep', args: ['60'], logFile: join(folder, 'sleeper.log') };
    const { pid, ended, stop } = await startProcess(options);
    return { pids: () => [pid], ended, stop };
  };

  test('is started again when it ends, which is said, and stays stopped when it is stopped', async () => {
    const said: string[] = [];
    const part = await supervise({
      name: 'sleeper',
      start,
      say: (line) => said.push(line),
      firstDelayMs: 10,
    });
    const [before = 0] = part.pids();
    process.kill(before, 'SIGKILL');
    await vi.waitFor(() => expect(said.at(-1)).toBe('sleeper runs again'), { timeout: 5_000 });
    const [after = 0] = part.pids();
    expect(after).not.toBe(before);
    expect(said[0]).toMatch(/^sleeper ended \(SIGKILL\)/);
    await part.stop();
    expect(await identifyProcess(after)).toBeUndefined();
  });

  test('that ends at once is started again ever later, with code 0 as well, and that is said', async () => {
    const said: string[] = [];
    const startOne = async () => {
      const options = { name: 'brief', command: 'true', args: [], logFile: join(folder, 'brief.log') };
      const { pid, ended, stop } = await startProcess(options);
      return { pids: () => [pid], ended, stop };
    };
    const say = (line: string): void => void said.push(line);
    const part = await supervise({ name: 'brief', start: startOne, say, firstDelayMs: 600 });
    await vi.waitFor(() => expect(said.filter((line) => line.includes('code 0'))).toHaveLength(3), 10_000);
    await part.stop();
    expect(
      said.filter((line) => line.includes('code 0')).map((line) => line.replace(/^.*: \. /, '')),
    ).toEqual([
      'It is started again in 1 s',
      'It keeps ending soon after its start, and is started again in 1 s',
      'It keeps ending soon after its start, and is started again in 2 s',
    ]);
  });

  test('whose first start fails says why', async () => {
    const failing = () => Promise.reject(new CommandRefused('x', 'there is no such thing'));
    await expect(supervise({ name: 'x', start: failing, say: () => undefined })).rejects.toThrow(
      /no such thing/,
    );
  });

  test('leaves no orphan where its supervisor is killed', async () => {
    const toolchain = new URL('../../../../libs/toolchain/dist/index.js', import.meta.url).pathname;
    const options = { name: 'sleeper', command: 'sleep', args: ['61'], logFile: join(folder, 'sleeper.log') };
    const script = `const { startProcess } = await import(${JSON.stringify(toolchain)});
      console.log((await startProcess(${JSON.stringify(options)})).pid); setInterval(() => {}, 1000);`;
    const supervisor = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
    const child = await identifyProcess(Number(line.toString()));
    if (!child) throw new Error('the sleeper does not run');
    supervisor.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isRunning(child)).toBe(false), { timeout: 10_000 });
  });
});

describe('an installation', () => {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);

  const begin = async (): Promise<Installation> => {
    await openState(places);
    const ports = await choosePorts(places.ports, say);
    return beginInstallation({ root: folder, places, ports, surroundings: {}, say, waits: tellWaits(say) });
  };

  /** A part that is ready at its first start, and at each later one where it says so. */
  const startPart = async (installation: Installation, readyAgain: boolean): Promise<Supervised> => {
    let starts = 0;
    return installation.supervise('part', async () => {
      const options = { name: 'part', command: 'sleep', args: ['64'], logFile: join(folder, 'part.log') };
      const started = await startProcess(options);
      const isReady = (starts += 1) === 1 || readyAgain;
      await stopUnlessReady(
        started,
        waitUntilReady(started, () => Promise.resolve(isReady)),
      );
      return { pids: () => [started.pid], ended: started.ended, stop: started.stop };
    });
  };

  const killed = ([pid = 0]: readonly number[]): void => void process.kill(pid, 'SIGKILL');

  test('is stopped at once although a part that is started again does not become ready', async () => {
    const installation = await begin();
    const part = await startPart(installation, false);
    const [first] = part.pids();
    killed(part.pids());
    await vi.waitFor(() => expect(runningProcesses().some(({ pid }) => pid !== first)).toBe(true), 10_000);
    await installation.stop();
    expect(runningProcesses()).toEqual([]);
  });

  test('goes on while the list of its processes cannot be written, which is said', async () => {
    const installation = await begin();
    const part = await startPart(installation, true);
    await rm(places.children);
    await mkdir(places.children);
    killed(part.pids());
    await vi.waitFor(() => expect(said.at(-1)).toMatch(/^the list of what runs cannot be written: /), 10_000);
    await rm(places.children, { recursive: true });
    killed(part.pids());
    await vi.waitFor(
      async () => expect(JSON.parse(await readFile(places.children, 'utf8'))).toEqual({ part: part.pids() }),
      10_000,
    );
    await installation.stop();
  });

  test('has one supervisor, which a stranger of the same number is not', async () => {
    await openState(places);
    expect(await claimInstallation(places)).toBeUndefined();
    expect(await claimInstallation(places)).toMatchObject({ pid: process.pid });
    await writeFile(places.supervisor, JSON.stringify({ pid: process.pid, started: 'another time' }));
    expect(await findSupervisor(places)).toBeUndefined();
    expect(await claimInstallation(places)).toBeUndefined();
    await releaseInstallation(places);
    expect(await stopInstallation(places)).toBe(false);
  });

  test('that crashed is cleared away before the next start, and nothing else is', async () => {
    await openState(places);
    const mine = spawn('sleep', ['62'], { detached: true });
    const theirs = spawn('sleep', ['63'], { detached: true });
    await recordChildren(places, { part: [mine.pid ?? 0] });
    const ended = once(mine, 'exit');
    await stopInstallation(places);
    await ended;
    expect(await identifyProcess(theirs.pid ?? 0)).toBeDefined();
    theirs.kill('SIGKILL');
  }, 20_000);
});

test('a context is taken out of a kubeconfig whole: files inlined, plugins kept, the rest left behind', async () => {
  await writeFile(join(folder, 'ca.crt'), 'authority');
  const file = join(folder, 'config');
  await writeFile(
    file,
    [
      'current-context: b',
      'contexts: [{ name: a, context: { cluster: ca, user: ua } }, { name: b, context: { cluster: cb, user: ub } }]',
      'clusters: [{ name: ca, cluster: { server: "https://a" } }, { name: cb, cluster: { server: "https://b", certificate-authority: ca.crt } }]',
      'users: [{ name: ua, user: { token: other } }, { name: ub, user: { exec: { command: ./plugin, args: [x] } } }]',
    ].join('\n'),
  );
  const text = await extractContext(file);
  expect(JSON.parse(text)).toMatchObject({
    'current-context': 'b',
    clusters: [{ cluster: { server: 'https://b', 'certificate-authority-data': 'YXV0aG9yaXR5' } }],
    users: [{ user: { exec: { command: join(folder, 'plugin'), args: ['x'] } } }],
  });
  expect(text).not.toContain('other');
  await expect(extractContext(file, 'c')).rejects.toThrow(/has no context c. It has: a, b/);
});

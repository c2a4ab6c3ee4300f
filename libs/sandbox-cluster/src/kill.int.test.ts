import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { applyTo, callsOf, readServer, type Answer, type Call } from './contract/api-server.js';
import { configMap, deployment } from './contract/objects.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const maps = '/api/v1/namespaces/default/configmaps';
const writers = 8;
/** Each round kills after another number of answers, so that kills fall on different moments of a write. */
const killAfterAnswers = [40, 75, 111];

let dir: string;
let running: ChildProcess;

/** Starts the process as an installation does, and gives requests to its cluster. */
const start = async (): Promise<Call> => {
  running = spawn(process.execPath, [main, '--dir', dir, '--clusters', 'one'], { stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
  const lines = createInterface({ input: running.stdout! });
  const [line] = (await once(lines, 'line')) as [string];
  const { clusters } = JSON.parse(line) as { clusters: { kubeconfigFile: string }[] };
  return callsOf(await readServer(clusters[0]!.kubeconfigFile));
};

const kill = async (): Promise<void> => {
  const ended = once(running, 'exit');
  running.kill('SIGKILL');
  await ended;
};

const versionOf = ({ body }: Answer): number => Number(body.metadata?.resourceVersion);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-kill-'));
});
afterEach(async () => {
  if (running.exitCode === null && running.signalCode === null) await kill();
  await rm(dir, { recursive: true, force: true });
});

/** What one writer was told last of its object: which round it wrote, or of which it deleted. */
type Told = { readonly round: number; readonly is: 'written' | 'deleted'; readonly version: number };

const lastOfCycle = 4;
const isDeletedAfter = (round: number): boolean => round % 5 === lastOfCycle;

/** Writes one object again and again, and deletes it at times, until the server is gone; every answer is noted. */
const writeOn = async (call: Call, name: string, note: (told: Told) => void): Promise<void> => {
  for (let round = 0; ; round += 1) {
    const written = await applyTo(call)(`${maps}/${name}`, 'one', configMap(name, { round: `${round}` }));
    expect(written.code).toBeLessThan(300);
    note({ round, is: 'written', version: versionOf(written) });
    if (!isDeletedAfter(round)) continue;
    expect((await call('DELETE', `${maps}/${name}`)).code).toBe(200);
    note({ round, is: 'deleted', version: 0 });
  }
};

/** What may be there after the last answer: what it said, or what the next request does, which was not answered. */
const possible = ({ round, is }: Told): readonly (number | 'gone')[] => {
  if (is === 'deleted') return ['gone', round + 1];
  return [round, isDeletedAfter(round) ? 'gone' : round + 1];
};

const found = async (call: Call, name: string): Promise<number | 'gone'> => {
  const { code, body } = await call('GET', `${maps}/${name}`);
  return code === 404 ? 'gone' : Number((body.data as { round: string }).round);
};

/** Lets many write at once, kills the server after so many answers, and gives what each was told last. */
const killAmong = async (call: Call, most: number): Promise<ReadonlyMap<string, Told>> => {
  const told = new Map<string, Told>();
  let answers = 0;
  const note = (name: string, last: Told): void => {
    told.set(name, last);
    if ((answers += 1) === most) running.kill('SIGKILL');
  };
  const names = Array.from({ length: writers }, (_, at) => `writer-${at}`);
  const gone = once(running, 'exit');
  const ends = await Promise.allSettled(names.map((name) => writeOn(call, name, (last) => note(name, last))));
  await gone;
  const reasons = ends.map((end) => (end.status === 'rejected' ? String(end.reason) : 'went on'));
  for (const reason of reasons) expect(reason).toMatch(/ECONNRESET|ECONNREFUSED|hang up|aborted/);
  return told;
};

describe('a sandbox that is killed', () => {
  it('has after its next start all that it acknowledged, and goes on with higher versions', async () => {
    let call = await start();
    for (const most of killAfterAnswers) {
      const told = await killAmong(call, most);
      call = await start();
      expect(told.size).toBe(writers);
      for (const [name, last] of told) expect(possible(last)).toContain(await found(call, name));
      const highest = Math.max(...[...told.values()].map(({ version }) => version));
      expect(versionOf(await call('GET', maps))).toBeGreaterThanOrEqual(highest);
    }
  });

  it('goes on with a rollout in whose middle it was, and makes no Pod twice', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments/web';
    const web = deployment('web', [{ name: 'web', image: 'web:1' }], { replicas: 20 });
    const before = await start();
    expect((await applyTo(before)(path, 'one', web)).code).toBe(201);
    await kill();
    const call = await start();
    await vi.waitUntil(async () => {
      const { status } = (await call('GET', path)).body as { status?: { availableReplicas?: number } };
      return status?.availableReplicas === 20;
    }, 10_000);
    const { items } = (await call('GET', '/api/v1/namespaces/default/pods')).body as { items: unknown[] };
    expect(items).toHaveLength(20);
  });
});

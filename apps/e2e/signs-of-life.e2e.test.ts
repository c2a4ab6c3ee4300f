import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '@syncline/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { configMap, declare } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { clusterPids, signal } from './platform/processes.js';
import { isWholeRun, seedOfRun, shuffled } from './platform/sampled.js';
import { cloneFleet, sharedInstallation, sharedState } from './platform/shared.js';

const services = ['git-watcher', 'planner', 'applier', 'api'] as const;
type Service = (typeof services)[number];
const app = 'lively';

const syncline = sharedInstallation();
let fleet: FleetRepository;
let round = 0;

const ask = async (service: Service, path: string): Promise<{ status: number; text: string }> => {
  const ports = JSON.parse(await readFile(join(sharedState, 'ports.json'), 'utf8')) as Record<string, number>;
  const answer = await fetch(`http://127.0.0.1:${ports[service]}${path}`);
  return { status: answer.status, text: await answer.text() };
};

const push = async (): Promise<string> => {
  await fleet.git('pull', '--quiet', '--rebase');
  round += 1;
  for (let one = 0; one < 30; one += 1)
    await fleet.write(`apps/${app}/map-${one}.yaml`, configMap(`map-${one}`, `${round}`));
  return fleet.push(`Lively ${round}`);
};

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

/** How a service's ends were said by whoever started it. */
const ends = async (service: Service): Promise<readonly string[]> => {
  const said = await readFile(`${sharedState}.up.log`, 'utf8');
  return said.split('\n').filter((line) => line.includes(`${service} ended`));
};

/** Sends a service SIGTERM and holds it to what it promises: it is gone within five seconds, with code 0. */
const end = async (service: Service): Promise<void> => {
  const [pids, before] = [await syncline.pidsOf(service), (await ends(service)).length];
  const began = performance.now();
  signal(pids, 'SIGTERM');
  await eventually(() => pids.every(isGone), 8_000, `${service} has ended`);
  expect(performance.now() - began).toBeLessThan(5_000);
  await eventually(async () => (await ends(service)).length > before, 5_000, `the end of ${service} is said`);
  const said = (await ends(service)).slice(before);
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('code 0');
};

/** Waits until a service is there again: ready, and known to whoever started it, who waits ever longer with what keeps ending. */
const again = (service: Service): Promise<boolean> =>
  eventually(
    async () => !(await syncline.pidsOf(service)).some(isGone) && (await isReady(service)),
    120_000,
    `${service} is ready again`,
  );

const isReady = async (service: Service): Promise<boolean> =>
  (await ask(service, '/readyz').catch(() => undefined))?.status === 200;

/** Nothing was applied twice: an attempt each for what was started, a success at most once for a plan. */
const twice = async (after: string): Promise<readonly string[]> => {
  const successes = (await syncline.events(after, '&type=ApplySucceeded')).map(
    ({ subject, data }) => `${subject} ${String(data.plan)}`,
  );
  return successes.filter((one, at) => successes.indexOf(one) !== at);
};

beforeAll(async () => {
  fleet = await cloneFleet();
  await declare(fleet, { name: app, on: {} });
  await syncline.arrived(app, await fleet.push('Add lively'));
});

/** One service, and one of the longer cases, in a sampled run; all of them in a whole one. */
const seed = seedOfRun();
const ending = isWholeRun ? services : shuffled(services, seed).slice(0, 1);
const isDrawn = (at: number): boolean => isWholeRun || seed % 2 === at;
console.log(`services that are ended: ${ending.join(', ')}, SYNCLINE_TEST_SEED=${seed}`);

describe.each(ending)('%s', (service) => {
  it('ends within five seconds with code 0 in the middle of a change, and goes on where it was', async () => {
    const from = await syncline.position();
    const sha = await push();
    await syncline.untilEvent(from, service === 'applier' ? 'ApplyStarted' : 'RevisionDetected');
    await end(service);
    await again(service);
    await syncline.arrived(app, sha);
    expect(await twice(from)).toEqual([]);
  });

  it('ends within five seconds while nats-server hangs', async () => {
    const server = await syncline.pidsOf('nats-server');
    signal(server, 'SIGSTOP');
    try {
      await end(service);
    } finally {
      signal(server, 'SIGCONT');
    }
    await again(service);
  });

  it('ends within five seconds when nats-server was killed in the middle of a change, and nothing is done twice', async () => {
    const from = await syncline.position();
    const sha = await push();
    await syncline.untilEvent(from, 'RevisionDetected');
    signal(await syncline.pidsOf('nats-server'), 'SIGKILL');
    await end(service);
    for (const each of services) await again(each);
    await syncline.arrived(app, sha, '120s');
    expect(await twice(from)).toEqual([]);
  });

  it('ends at once at a second signal, although it waits for nats-server', async () => {
    const server = await syncline.pidsOf('nats-server');
    const pids = await syncline.pidsOf(service);
    signal(server, 'SIGSTOP');
    try {
      signal(pids, 'SIGTERM');
      await sleep(600);
      const began = performance.now();
      for (const pid of pids.filter((one) => !isGone(one))) signal([pid], 'SIGTERM');
      await eventually(() => pids.every(isGone), 5_000, `${service} has ended`);
      expect(performance.now() - began).toBeLessThan(1_000);
    } finally {
      signal(server, 'SIGCONT');
    }
    await again(service);
  });
});

describe('an api', () => {
  it.runIf(isDrawn(0))('ends within five seconds while Postgres hangs, and when it was killed', async () => {
    const postgres = await syncline.pidsOf('postgres');
    signal(postgres, 'SIGSTOP');
    try {
      await end('api');
    } finally {
      signal(postgres, 'SIGCONT');
    }
    await again('api');
    signal(await syncline.pidsOf('postgres'), 'SIGKILL');
    await end('api');
    await again('api');
  });

  it.runIf(isDrawn(1))(
    'ends within five seconds while a client follows the events, which goes on where it was',
    async () => {
      const [url, token] = await Promise.all(
        ['url', 'token'].map(async (one) => (await readFile(join(sharedState, one), 'utf8')).trim()),
      );
      const headers = { authorization: `Bearer ${token}` };
      const from = await syncline.position();
      const follow = () => fetch(`${url}/v1/events/stream?after=${from}`, { headers });
      const answer = await follow();
      expect(answer.headers.get('content-type')).toContain('text/event-stream');
      await end('api');
      await answer.text().catch(() => undefined);
      await again('api');
      const events = (await follow()).body?.pipeThrough(new TextDecoderStream());
      let seen = '';
      for await (const text of events ?? []) if ((seen += text).includes('ServiceStarted')) break;
      expect(seen).toContain('"service":"api"');
    },
  );
});

describe('a git-watcher', () => {
  it('ends within five seconds while a Git server hangs in the middle of a poll', async () => {
    let asked: () => void = () => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    const server = createServer(() => asked()).listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const registered = await syncline.api('POST', '/v1/repositories', {
      repository: 'hanging',
      url: `http://127.0.0.1:${port}/hanging.git`,
      ref: { kind: 'branch', name: 'main' },
      pollSeconds: 3600,
    });
    expect(registered.code).toBeLessThan(300);
    await isAsked;
    await end('git-watcher');
    await again('git-watcher');
  });
});

describe('a planner', () => {
  it('and an applier end within five seconds in the middle of a dry run that an API server does not answer', async () => {
    const from = await syncline.position();
    const frozen = await clusterPids(syncline, 'prod-us', 'kube-apiserver');
    signal(frozen, 'SIGSTOP');
    let sha: string;
    try {
      sha = await push();
      await syncline.untilEvent(from, 'PlanRequested', ({ subject }) => subject.includes('prod-us'));
      const isAsking = async (): Promise<boolean> =>
        /^syncline_reaction_unacknowledged_messages\{[^}]*reaction="planning"[^}]*\} [1-9]/m.test(
          (await ask('planner', '/metrics')).text,
        );
      await eventually(isAsking, 20_000, 'the dry run is under way');
      await Promise.all([end('planner'), end('applier')]);
    } finally {
      signal(frozen, 'SIGCONT');
    }
    await syncline.arrived(app, sha, '120s');
    expect(await twice(from)).toEqual([]);
  });
});

describe('an applier', () => {
  it('ends within five seconds while an API server hangs in the middle of an apply', async () => {
    const from = await syncline.position();
    const frozen = await clusterPids(syncline, 'prod-us', 'kube-apiserver');
    const sha = await push();
    await syncline.untilEvent(from, 'ApplyStarted');
    signal(frozen, 'SIGSTOP');
    try {
      await end('applier');
    } finally {
      signal(frozen, 'SIGCONT');
    }
    await syncline.arrived(app, sha, '120s');
    expect(await twice(from)).toEqual([]);
  });
});

describe('every service', () => {
  it.each(services)(
    '%s writes nothing but lines of JSON, each with the change or the run it belongs to',
    async (service) => {
      const lines = (await readFile(join(sharedState, 'logs', `${service}.log`), 'utf8')).trim().split('\n');
      const wrong = lines.filter((line) => {
        if (!line.startsWith('{')) return true;
        const { correlationId, msg } = JSON.parse(line) as Record<string, unknown>;
        return typeof correlationId !== 'string' || correlationId === '' || typeof msg !== 'string';
      });
      expect(wrong).toEqual([]);
      expect(lines.length).toBeGreaterThan(2);
    },
  );

  it.each(services)('%s is alive, ready, and shows its log, reactions and requests', async (service) => {
    await eventually(() => isReady(service), 60_000, `${service} is ready`);
    expect((await ask(service, '/healthz')).status).toBe(200);
    const { text } = await ask(service, '/metrics');
    expect(text).toMatch(/^syncline_log_connected\{[^}]*\} 1$/m);
    expect(text).toMatch(/^syncline_append_seconds_count\{[^}]*\} [1-9]/m);
    expect(text).toMatch(/^syncline_http_request_seconds_count\{[^}]*route="\/healthz"[^}]*\} [1-9]/m);
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually } from '@syncline/testkit';
import { beforeAll, describe, expect, inject, it } from 'vitest';

import { configMap, declare } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { clusterPids, signal } from './platform/processes.js';
import { cloneFleet, sharedInstallation } from './platform/shared.js';

const services = ['git-watcher', 'planner', 'applier', 'api'] as const;
type Service = (typeof services)[number];
const app = 'lively';

const syncline = sharedInstallation();
let fleet: FleetRepository;
let round = 0;

const ask = async (service: Service, path: string): Promise<{ status: number; text: string }> => {
  const ports = JSON.parse(await readFile(join(inject('state'), 'ports.json'), 'utf8')) as Record<
    string,
    number
  >;
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

/** Sends SIGTERM and gives how long the service took to end, in milliseconds. */
const end = async (service: Service): Promise<number> => {
  const pids = await syncline.pidsOf(service);
  const began = performance.now();
  signal(pids, 'SIGTERM');
  await eventually(() => pids.every(isGone), 8_000, `${service} has ended`);
  return performance.now() - began;
};

/** How a service's ends were said by whoever started it. */
const ends = async (service: Service): Promise<readonly string[]> => {
  const said = await readFile(`${inject('state')}.up.log`, 'utf8');
  return said.split('\n').filter((line) => line.includes(`${service} ended`));
};

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

describe.each(services)('%s', (service) => {
  it('ends within five seconds with code 0 in the middle of a change, and goes on where it was', async () => {
    const from = await syncline.position();
    const [sha, before] = [await push(), (await ends(service)).length];
    await syncline.untilEvent(from, service === 'applier' ? 'ApplyStarted' : 'RevisionDetected');
    expect(await end(service)).toBeLessThan(5_000);
    await eventually(() => isReady(service), 60_000, `${service} is ready again`);
    await syncline.arrived(app, sha);
    const said = (await ends(service)).slice(before);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('code 0');
    expect(await twice(from)).toEqual([]);
  });

  it('ends within five seconds while nats-server hangs', async () => {
    const server = await syncline.pidsOf('nats-server');
    signal(server, 'SIGSTOP');
    try {
      expect(await end(service)).toBeLessThan(5_000);
    } finally {
      signal(server, 'SIGCONT');
    }
    await eventually(() => isReady(service), 60_000, `${service} is ready again`);
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
      expect(await end('applier')).toBeLessThan(5_000);
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
      const lines = (await readFile(join(inject('state'), 'logs', `${service}.log`), 'utf8'))
        .trim()
        .split('\n');
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

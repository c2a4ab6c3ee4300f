import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { readArchive } from '@syncline/artifacts';
import { configurationAggregate } from '@syncline/domain';
import {
  subjects,
  type ArtifactEvent,
  type ArtifactReference,
  type ConfigurationDocument,
} from '@syncline/events';
import type { Hub } from '@syncline/event-store';
import { canonicalJson, type StoredEvent } from '@syncline/kernel';
import { decryptPack } from '@syncline/sealing';
import { eventually, startOciRegistry, testKeys, type OciRegistry } from '@syncline/testkit';
import { resolveBinary } from '@syncline/toolchain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { WatcherWorld } from './testing/watcher-world.js';

const run = promisify(execFile);
const revision = 'a'.repeat(40);

let world: WatcherWorld;
let planner: Hub;
let registry: OciRegistry;
let helm: string;
let charts: { readonly server: Server; readonly url: string; status: number };

const startCharts = async (dir: string) => {
  const state = { status: 200 };
  const server = createServer((request, response) => {
    const refused = state.status !== 200;
    readFile(join(dir, request.url ?? '')).then(
      (bytes) => response.writeHead(state.status).end(refused ? '' : bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(state, { server, url });
};

const chartsDir = (): string => join(world.folder.path, 'charts');
const packChart = async (version: string, more = ''): Promise<string> => {
  const chart = join(world.folder.path, 'sources', version, 'web');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: web\nversion: ${version}\n${more}`);
  await run(helm, ['package', chart, '--destination', chartsDir()]);
  await run(helm, ['repo', 'index', chartsDir()]);
  return join(chartsDir(), `web-${version}.tgz`);
};

beforeAll(async () => {
  world = await WatcherWorld.open();
  planner = await world.log.hub('planner');
  helm = (await resolveBinary('helm')).path;
  registry = await startOciRegistry();
  await mkdir(chartsDir(), { recursive: true });
  charts = await startCharts(chartsDir());
  await packChart('1.0.0');
});
afterAll(async () => {
  charts.server.close();
  charts.server.closeAllConnections();
  await registry.stop();
  await planner.close();
  await world.close();
});

/** The planner says what is in force: one application for each artifact. */
const wants = async (repository: string, ...artifacts: readonly ArtifactReference[]): Promise<void> => {
  const applications = artifacts.map((artifact, index) => ({
    spec: {
      ...{
        project: 'default',
        name: `app-${index}`,
        labels: {},
        namespace: 'app',
        renderer: 'helm' as const,
      },
      source: { repository, path: 'app' },
      helm: { chart: { artifact }, releaseName: 'app', values: [] },
      placement: { clusters: { matchLabels: {} }, overrides: [] },
      sync: {
        mode: 'automatic' as const,
        prune: { enabled: true, budget: { maxObjects: 1, maxPercent: 1 } },
      },
      health: { timeoutSeconds: 300 },
    },
    ...{ file: 'a.yaml', line: 1, affected: true, lineage: [] },
  }));
  const document: ConfigurationDocument = { version: 1, repository, revision, applications };
  const configuration = await planner.blobs.put(
    'hub',
    Buffer.from(canonicalJson(document)),
    'application/json',
  );
  const data = { repository, revision, configuration, applications: applications.length, affected: 0 };
  const cause = { actor: 'service:planner', correlationId: 'change' };
  const subject = subjects.configuration(repository);
  await planner.aggregates.decide(configurationAggregate, subject, { type: 'accept', data }, cause);
};

const eventsOf = async (repository: string) =>
  (await world.api.log.read(subjects.artifacts(repository))).flatMap(
    ({ events }) => events as StoredEvent<ArtifactEvent>[],
  );
/** The events of a repository's artifacts, once there are so many. */
const reaches = (repository: string, ...types: readonly ArtifactEvent['type'][]) =>
  eventually(
    async () => {
      const events = await eventsOf(repository);
      const seen = events.map(({ type }) => type).join();
      if (seen !== types.join()) throw new Error(`it holds ${seen}`);
      return events;
    },
    20_000,
    `${repository}: ${types.join()}`,
  );
const resolvedIn = (event: StoredEvent<ArtifactEvent> | undefined) => {
  if (event?.type !== 'ArtifactResolved') throw new Error('it is not resolved');
  return event.data.resolved;
};
const look = (repository: string) =>
  world.command<{ outcomes: Readonly<Record<string, number>> }>('look-at-artifacts', { repository });
const registerCharts = () => world.command('register-registry', { registry: 'charts', url: charts.url });

describe('a chart of a Helm repository', () => {
  const reference = (version = '^1.0.0'): ArtifactReference => ({ url: charts.url, name: 'web', version });

  test('is not asked for without encryption until it is registered so, and is found then', async () => {
    await wants('unencrypted', reference());
    const [failed] = await reaches('unencrypted', 'ArtifactFailed');
    expect(failed?.data).toMatchObject({ class: 'refused' });
    await registerCharts();
    await look('unencrypted');
    const events = await reaches('unencrypted', 'ArtifactFailed', 'ArtifactRecovered', 'ArtifactResolved');
    const { version, blob } = resolvedIn(events.at(-1));
    expect(version).toBe('1.0.0');
    const stored = await world.api.blobs.get('hub', blob.digest);
    expect(Buffer.from(stored).includes('Chart.yaml')).toBe(false);
    const files = await readArchive(decryptPack(stored, testKeys.packKey));
    expect(files.map(({ path }) => path)).toEqual(['web/Chart.yaml']);
  });

  test('is another one when its range leads there, and when its content changed under its version', async () => {
    await registerCharts();
    await wants('moving', reference('~1.1'));
    await reaches('moving', 'ArtifactFailed');
    await packChart('1.1.0');
    await look('moving');
    await reaches('moving', 'ArtifactFailed', 'ArtifactRecovered', 'ArtifactResolved');
    await packChart('1.1.0', 'description: changed\n');
    await look('moving');
    const events = await reaches(
      'moving',
      'ArtifactFailed',
      'ArtifactRecovered',
      'ArtifactResolved',
      'ArtifactResolved',
    );
    const [before, after] = [resolvedIn(events.at(-2)), resolvedIn(events.at(-1))];
    expect(after.version).toBe('1.1.0');
    expect(after.digest).not.toBe(before.digest);
    expect(events.at(-1)?.data).toMatchObject({ previous: { version: '1.1.0', digest: before.digest } });
  });

  test('that vanishes is said once, and resolves nothing', async () => {
    await registerCharts();
    const archive = await packChart('1.5.0');
    await wants('vanishing', reference('1.5.0'));
    await reaches('vanishing', 'ArtifactResolved');
    await rm(archive);
    await run(helm, ['repo', 'index', chartsDir()]);
    await look('vanishing');
    await look('vanishing');
    const events = await reaches('vanishing', 'ArtifactResolved', 'ArtifactFailed');
    expect(events.at(-1)?.data).toMatchObject({ class: 'no-version' });
  });

  test('is looked at again after a start, without an event of its own', async () => {
    await registerCharts();
    await packChart('1.6.0');
    await wants('restarted', reference('1.6.x'));
    await reaches('restarted', 'ArtifactResolved');
    await world.stopWatcher();
    await packChart('1.6.1');
    await world.startWatcher();
    const events = await reaches('restarted', 'ArtifactResolved', 'ArtifactResolved');
    expect(resolvedIn(events.at(-1)).version).toBe('1.6.1');
  });

  test('that nobody names any more is looked at no more', async () => {
    await registerCharts();
    await packChart('1.7.0');
    await wants('dropped', reference('1.7.x'));
    await reaches('dropped', 'ArtifactResolved');
    await wants('dropped');
    const isForgotten = async () => Object.keys((await look('dropped')).result.outcomes).length === 0;
    await eventually(isForgotten, 5_000, 'nothing to look at');
    await packChart('1.7.1');
    await look('dropped');
    expect(await eventsOf('dropped')).toHaveLength(1);
  });
});

describe('an artifact of an OCI registry', () => {
  test('is found with a credential that is sealed, and that no event, blob or answer holds', async () => {
    const url = `oci://${registry.host}/charts`;
    const layer = await readFile(join(chartsDir(), 'web-1.0.0.tgz'));
    const mediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
    const digest = await registry.push({ repository: 'charts/web', tag: '1.0.0', layer, mediaType });
    const artifact = { url: `${url}/web`, version: '1.x' };
    await world.command('register-registry', { registry: 'oci', url, plainHttp: true });
    await wants('sealed', artifact);
    const [failed] = await reaches('sealed', 'ArtifactFailed');
    expect(failed?.data).toMatchObject({ class: 'refused' });
    const credential = await world.sealed(registry.user);
    await world.command('register-registry', { registry: 'oci', url, plainHttp: true, credential });
    await look('sealed');
    const events = await reaches('sealed', 'ArtifactFailed', 'ArtifactRecovered', 'ArtifactResolved');
    expect(`sha256:${resolvedIn(events.at(-1)).digest}`).toBe(digest);
    const { result } = await world.command<{ items: unknown[] }>('registries', {});
    expect(result.items).toContainEqual({ registry: 'oci', url, plainHttp: true, hasCredential: true });
    for (const subject of await world.api.log.subjects('ev.>')) {
      const events = (await world.api.log.read(subject)).flatMap((entry) => entry.events);
      const said = JSON.stringify([events, result]);
      expect(said).not.toContain(registry.user.password);
    }
  });

  test('whose archive leads out of itself is not taken, and what was there before stays', async () => {
    const url = `oci://${registry.host}/manifests`;
    const credential = await world.sealed(registry.user);
    await world.command('register-registry', { registry: 'manifests', url, plainHttp: true, credential });
    const folder = join(world.folder.path, 'manifests');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'web.yaml'), 'a: 1\n');
    const push = async (): Promise<void> => {
      await run('tar', ['-czf', `${folder}.tgz`, '-C', folder, '.']);
      const layer = await readFile(`${folder}.tgz`);
      const mediaType = 'application/vnd.cncf.flux.content.v1.tar+gzip';
      await registry.push({ repository: 'manifests/web', tag: 'latest', layer, mediaType });
    };
    await push();
    await wants('hostile', { url: `${url}/web`, version: 'latest' });
    await reaches('hostile', 'ArtifactResolved');
    await symlink('/etc/passwd', join(folder, 'passwd.yaml'));
    await push();
    await look('hostile');
    const events = await reaches('hostile', 'ArtifactResolved', 'ArtifactFailed');
    expect(events.at(-1)?.data).toMatchObject({
      class: 'corrupt',
      reason: 'the archive holds a symbolic link (passwd.yaml), which is not followed',
    });
    await rm(join(folder, 'passwd.yaml'));
    await writeFile(join(folder, 'web.yaml'), 'a: 2\n');
    await push();
    await look('hostile');
    await reaches('hostile', 'ArtifactResolved', 'ArtifactFailed', 'ArtifactRecovered', 'ArtifactResolved');
  });

  test.each([
    ['ftp://registry.example', /is no address of a registry/],
    ['https://a:b@registry.example', /must hold no credential/],
    ['https://registry.example?a=b', /no \? and no #/],
  ])('is not registered at %s', async (url, expected) => {
    await expect(world.command('register-registry', { registry: 'bad', url })).rejects.toThrow(expected);
  });

  test('is not registered with a credential that is sealed to somebody else', async () => {
    const credential = Buffer.from('not sealed').toString('base64');
    const wanted = { registry: 'bad', url: 'oci://registry.example', credential };
    await expect(world.command('register-registry', wanted)).rejects.toMatchObject({
      code: 'credential-unreadable',
    });
  });
});

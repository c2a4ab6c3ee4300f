import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { inflateSync } from 'node:zlib';

import { beforeAll, describe, expect, it } from 'vitest';

import { printed } from './platform/command-line.js';
import { declare } from './platform/declared.js';
import type { FleetRepository } from './platform/fleet-repository.js';
import { cloneFleet, liveCluster, sharedInstallation, sharedState } from './platform/shared.js';
import { dumpViews } from './platform/views.js';

const syncline = sharedInstallation();
const planted = [
  randomBytes(18).toString('hex'),
  randomBytes(18).toString('hex'),
  randomBytes(18).toString('hex'),
];
let fleet: FleetRepository;

const secret = (name: string, value: string, encoded: boolean): string =>
  [
    'apiVersion: v1',
    'kind: Secret',
    `metadata: { name: ${name} }`,
    encoded
      ? `data: { password: ${Buffer.from(value).toString('base64')} }`
      : `stringData: { password: ${value} }`,
    '',
  ].join('\n');

/** Every way in which a planted value could be written down. */
const needles = planted.flatMap((value) => {
  const base64 = Buffer.from(value).toString('base64');
  return [value, base64, base64.replace(/=+$/, ''), Buffer.from(base64).toString('base64')];
});

const holds = (bytes: Buffer): boolean => needles.some((needle) => bytes.includes(needle));

/** Everything below a folder that holds a planted value, as it is or inside zlib streams. */
const findIn = async (folder: string, leave: readonly string[] = []): Promise<string[]> => {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || leave.some((one) => path.startsWith(one))) continue;
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (holds(bytes) || inflated(bytes).some(holds)) found.push(path);
  }
  return found;
};

/** Whatever can be inflated from a zlib header on: Git objects in a pack that somebody forgot to encrypt. */
const inflated = (bytes: Buffer): Buffer[] => {
  const streams: Buffer[] = [];
  for (let at = bytes.indexOf(0x78); at >= 0; at = bytes.indexOf(0x78, at + 1)) {
    if (![0x01, 0x5e, 0x9c, 0xda].includes(bytes[at + 1] ?? 0)) continue;
    try {
      streams.push(inflateSync(bytes.subarray(at, at + 65_536), { finishFlush: 2 }));
    } catch {
      // no zlib stream begins here
    }
  }
  return streams;
};

beforeAll(async () => {
  fleet = await cloneFleet();
});

describe('the values of Secrets', () => {
  it('are applied, and found nowhere in log, blobs, views, logs of services, answers or output', async () => {
    const [first, second, third] = planted as [string, string, string];
    await declare(
      fleet,
      { name: 'vault', on: {} },
      {
        'plain.yaml': secret('plain', first, false),
        'encoded.yaml': secret('encoded', second, true),
      },
    );
    await syncline.arrived('vault', await fleet.push('Add vault'));
    await fleet.write('apps/vault/plain.yaml', secret('plain', third, false));
    await syncline.arrived('vault', await fleet.push('Rotate a password'));
    await fleet.write(
      'apps/vault/plain.yaml',
      secret('plain', third, false).replace('kind: Secret', 'kind: Secret\ntype: kubernetes.io/tls'),
    );
    await fleet.push('Break the Secret');
    await syncline.untilTargets('vault', 'has failed', (row) => row.sync === 'Failed');

    const live = await (await liveCluster('staging')).find('/api/v1/namespaces/vault/secrets/plain');
    expect((live?.data as Record<string, string>).password).toBe(Buffer.from(third).toString('base64'));

    for (const command of [
      ['status'], ['status', '-o', 'json'], ['history', 'vault'], ['history', 'vault', '-o', 'json'],
      ['plan', 'vault'], ['plan', 'vault', '-o', 'json'], ['diff', 'vault'], ['app', 'show', 'vault'], ['log', 'tail'],
    ]) await syncline.cli(...command); // prettier-ignore
    const exported = join(sharedState, '..', 'export.ndjson');
    await syncline.run('log', 'export', exported);
    const answers = await Promise.all(
      [
        '/v1/fleet',
        '/v1/applications',
        '/v1/applications/default/vault/history',
        '/v1/plans?application=vault',
        '/v1/repositories',
        '/v1/clusters',
      ].map(async (path) => JSON.stringify((await syncline.api('GET', path)).body)),
    );

    expect(holds(Buffer.from(printed.join('\n')))).toBe(false);
    expect(holds(Buffer.from(answers.join('\n')))).toBe(false);
    expect(holds(await readFile(exported))).toBe(false);
    const state = sharedState;
    const views = await dumpViews(state);
    expect(views).toContain('vault');
    expect(holds(Buffer.from(views))).toBe(false);
    // The clusters hold what they were told to hold; the planner's and the watcher's caches are Git repositories.
    const etcdAndGit = [
      join(state, 'clusters'),
      join(state, 'git'),
      join(state, 'services', 'planner'),
      join(state, 'services', 'git-watcher'),
    ];
    expect(await findIn(state, etcdAndGit)).toEqual([]);
  });

  it('are found by this search where they are: in the repository that a developer pushed them to', async () => {
    expect(await findIn(fleet.dir)).not.toEqual([]);
  });
});

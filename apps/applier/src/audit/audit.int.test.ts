import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { freePort } from '@syncline/toolchain';
import { startLocalCluster, temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApplierWorld } from '../testing/applier-world.js';
import { configMap, revision } from '../testing/objects.js';
import { AuditController } from './audit.controller.js';
import { Audits } from './audits.js';

@Module({})
class HookModule {
  readonly isOfTheTest = true;
}

const token = 'a-token-of-this-very-test';
type Attributed = {
  readonly firstSeen: string;
  readonly writes: readonly {
    readonly user: string;
    readonly userAgent?: string;
    readonly manager?: string;
  }[];
};

/** A kubeconfig by which an API server posts its audit log: it sends a token over TLS alone. */
const hookTo = (port: number, cluster: string) => ({
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'hook' },
  clusters: [
    {
      name: 'hook',
      cluster: { server: `https://127.0.0.1:${port}/audit/${cluster}`, 'insecure-skip-tls-verify': true },
    },
  ],
  users: [{ name: 'hook', user: { token } }],
  contexts: [{ name: 'hook', context: { cluster: 'hook', user: 'hook' } }],
});

/** Sends a body, whatever certificate the other side has, and gives the status of the answer. */
const send = (
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, rejectUnauthorized: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode));
    });
    sent.on('error', reject);
    sent.end(body);
  });

describe('the audit log of a real API server', () => {
  let folder: TemporaryFolder;
  let world: ApplierWorld;
  let http: NestFastifyApplication;
  let port: number;
  const file = () => join(folder.path, 'audit.log');

  beforeAll(async () => {
    folder = await temporaryFolder('audit');
    port = await freePort();
    await writeFile(join(folder.path, 'hook'), JSON.stringify(hookTo(port, 'staging')));
    await writeFile(file(), '');
    const audit = { auditLog: file(), auditWebhook: join(folder.path, 'hook') };
    world = await ApplierWorld.before('staging', (name) => startLocalCluster(name, audit));
    await world.planner.register(await world.kubeconfig());
  });
  afterAll(async () => {
    await http.close();
    await world.stop();
    await folder.remove();
  });

  const start = async (by: 'file' | 'webhook') => {
    const one = new Map([['staging', by === 'file' ? file() : token]]);
    const none = new Map<string, string>();
    world.audit = {
      files: by === 'file' ? one : none,
      tokens: by === 'webhook' ? one : none,
      withSourceIp: false,
    };
    const before = (await world.linkEvents()).filter(({ type }) => type === 'ClusterConnected').length;
    await world.startApplier();
    await world.untilLink('ClusterConnected', before + 1);
  };
  const serve = async () => {
    const providers = [{ provide: Audits, useValue: world.audits }];
    const module = { module: HookModule, controllers: [AuditController], providers };
    const certificates = join(dirname(world.local.kubeconfigFile), 'certificates');
    const https = {
      cert: await readFile(join(certificates, 'apiserver.crt')),
      key: await readFile(join(certificates, 'apiserver.key')),
    };
    const adapter = new FastifyAdapter({ https, bodyLimit: 8_388_608 } as object);
    http = await NestFactory.create<NestFastifyApplication>(module, adapter, { logger: false });
    await http.listen(port, '127.0.0.1');
    expect((http.getHttpServer().address() as AddressInfo).port).toBe(port);
  };

  const edited = async (application: string, digit: string) => {
    const { plan } = await world.planner.plan({
      ...{ application, revision: revision(digit), objects: [configMap('settings', 'a')] },
    });
    await world.untilTarget<{ plan: string; to: string }>(
      application,
      'HealthTransitioned',
      (data) => data.to === 'Current' && data.plan === plan,
    );
    const config = JSON.parse(await world.kubeconfig()) as { users: { user: { token: string } }[] };
    const path = `/api/v1/namespaces/${application}/configmaps/settings?fieldManager=kubectl-edit`;
    const headers = {
      authorization: `Bearer ${config.users[0]?.user.token}`,
      ...{ 'content-type': 'application/merge-patch+json', 'user-agent': 'kubectl/v1.36.0 (linux/amd64)' },
    };
    const body = JSON.stringify({ data: { value: 'a-secret-thing' } });
    expect(await send('PATCH', `${world.local.server}${path}`, headers, body)).toBe(200);
    const drift = await world.untilTarget<{ firstSeen: string }>(application, 'DriftDetected');
    return { drift: drift.data, told: await world.untilTarget<Attributed>(application, 'DriftAttributed') };
  };
  const named = {
    user: 'admin',
    verb: 'patch',
    manager: 'kubectl-edit',
    userAgent: 'kubectl/v1.36.0 (linux/amd64)',
  };

  it('names who made a drift, read from its file, and nothing of what was written', async () => {
    await start('file');
    const { drift, told } = await edited('by-file', '1');
    expect(told.data).toMatchObject({ firstSeen: drift.firstSeen, writes: [named] });
    expect(told.data.writes).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain('a-secret-thing');
    expect(JSON.stringify(told)).not.toContain('127.0.0.1');
    const metrics = await world.metrics.registry.metrics();
    expect(metrics).toMatch(/syncline_audit_events_total\{[^}]*outcome="ours"[^}]*\} [1-9]/);
    expect(metrics).toMatch(/syncline_audit_events_total\{[^}]*outcome="kept"[^}]*\} 1/);
    expect(await readFile(file(), 'utf8')).toContain('kubectl-edit');
    await world.stopApplier();
  });

  it('names who made a drift, posted by the API server itself', async () => {
    await start('webhook');
    await serve();
    const { told } = await edited('by-hook', '2');
    expect(told.data.writes).toMatchObject([named]);
  });

  it('is taken with the token of the cluster alone, and as what it is', async () => {
    const post = (cluster: string, bearer: string | undefined, body: string) => {
      const headers = {
        'content-type': 'application/json',
        ...(bearer && { authorization: `Bearer ${bearer}` }),
      };
      return send('POST', `https://127.0.0.1:${port}/audit/${cluster}`, headers, body);
    };
    const list = (...items: unknown[]) => JSON.stringify({ kind: 'EventList', items });
    expect(await post('staging', token, list())).toBe(200);
    expect(await post('staging', 'another', list())).toBe(401);
    expect(await post('staging', undefined, list())).toBe(401);
    expect(await post('unknown', token, list())).toBe(401);
    expect(await post('staging', token, '{"kind":"Pod"}')).toBe(400);
    expect(await post('staging', token, '{"kind":')).toBe(400);
    expect(await post('staging', token, list('x'.repeat(9_000_000)))).toBe(413);
    expect(await post('staging', token, list(null, 7, {}, { auditID: 3 }))).toBe(200);
    expect(await world.metrics.registry.metrics()).toMatch(/outcome="malformed"[^}]*\} 4/);
  });
});

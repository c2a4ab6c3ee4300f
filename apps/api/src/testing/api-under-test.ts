import 'reflect-metadata';

import { join } from 'node:path';

import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { encodeEvent } from '@syncline/events';
import { memoryHub, MemoryWorld, type Hub } from '@syncline/event-store';
import { httpAdapter, Metrics } from '@syncline/observability';
import {
  eventually,
  startPostgresServer,
  temporaryFolder,
  testKeys,
  type story,
  type TemporaryFolder,
  type TestPostgres,
} from '@syncline/testkit';

import { ApiModule } from '../api.module.js';
import { configureApi } from '../configure-api.js';
import { problemOf } from '../problems/problem-document.js';
import { openParts, type OpenApiParts } from '../start-api.js';

/** How long the API of tests hears nothing of an agent until it is lost. */
export const agentLostAfterMs = 4_000;

/** The administrator's token of tests. */
export const adminToken = 'syncline_administrator_of_tests';

/** What an applier says is said by it, or is not believed. */
const writerOf = (subject: string): string =>
  subject.startsWith('ev.cluster.') ? 'service:applier' : 'service:test';

/** An API over a log in memory and a real Postgres, listening on loopback. */
export class ApiUnderTest {
  private constructor(
    readonly world: MemoryWorld | undefined,
    readonly hub: Hub,
    readonly postgres: TestPostgres,
    readonly parts: OpenApiParts,
    readonly app: NestFastifyApplication,
    readonly url: string,
    /** `METHOD /path` of every route that the server has. */
    readonly routes: readonly string[],
    /** Everything that the service said in its log. */
    readonly logged: readonly string[],
    /** Its state directory. */
    readonly folder: TemporaryFolder,
  ) {}

  /** Over a log in memory; it has its views already, which it makes once it listens. */
  static async start(postgres?: TestPostgres): Promise<ApiUnderTest> {
    const world = new MemoryWorld();
    const server = postgres ?? (await startPostgresServer());
    const api = await ApiUnderTest.over(memoryHub(world, 'api'), server, world);
    const hasViews = async (): Promise<boolean> => (await api.request('GET', '/v1/fleet')).ok;
    await eventually(hasViews, 60_000, 'an API with views');
    return api;
  }

  /** Over the log, the Postgres and the state directory of one that has ended. */
  static again({ world, postgres, folder }: ApiUnderTest): Promise<ApiUnderTest> {
    if (!world) throw new Error('only over a log in memory');
    return ApiUnderTest.over(memoryHub(world, 'api'), postgres, world, folder);
  }

  /** Over any log. */
  static async over(
    hub: Hub,
    server: TestPostgres,
    world?: MemoryWorld,
    known?: TemporaryFolder,
  ): Promise<ApiUnderTest> {
    const logged: string[] = [];
    const say = (details: object, message: string): void =>
      void logged.push(
        message,
        JSON.stringify(details, (_key, value: unknown) => (value instanceof Error ? String(value) : value)),
      );
    const folder = known ?? (await temporaryFolder('api'));
    const config = {
      idKey: testKeys.idKey,
      applierRecipients: { hub: 'age1hub' },
      agentNatsUrl: 'nats://127.0.0.1:4222',
      agentLostAfterMs,
      postgresUrl: server.url,
      digest: 'c'.repeat(64),
      adminToken,
      stateDir: folder.path,
      checkpointKeys: { current: testKeys.checkpointKey },
      checkpointEveryMs: 3_600_000,
      witnessFile: join(folder.path, 'witness', 'checkpoints'),
    };
    const parts = await openParts(config, hub, new Metrics('api'), { error: say, warn: say, info: say });
    const adapter = httpAdapter({ answerEarly: problemOf });
    const routes: string[] = [];
    adapter.getInstance().addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) if (one !== 'HEAD') routes.push(`${one} ${url}`);
    });
    const app = await NestFactory.create<NestFastifyApplication>(ApiModule.with(parts), adapter, {
      logger: false,
      forceCloseConnections: true,
      abortOnError: false,
    });
    configureApi(parts)(app);
    await app.listen(0, '127.0.0.1');
    return new ApiUnderTest(world, hub, server, parts, app, await app.getUrl(), routes, logged, folder);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.parts.close();
    await this.hub.close();
    await this.folder.remove();
  }

  /** Puts decisions into the log, one message each; gives the sequence of the last. */
  async append(...decisions: readonly story.Decision[]): Promise<number> {
    for (const { subject, events, actor = writerOf(subject), correlationId = 'c-0' } of decisions) {
      const next = (await this.hub.log.lastSequence()) + 1;
      const time = new Date().toISOString();
      const fields = { source: '/syncline/test', subject, time, actor, correlationId };
      const encoded = events.map((event, at) => encodeEvent(event, { ...fields, id: `${next}.${at}` }));
      await this.appendBytes(subject, new TextEncoder().encode(JSON.stringify(encoded)));
    }
    return this.hub.log.lastSequence();
  }

  async appendBytes(subject: string, bytes: Uint8Array): Promise<void> {
    if (!this.world) throw new Error('only a log in memory takes events of other services');
    const last = await this.world.messages.last(subject);
    const id = `message-${(await this.hub.log.lastSequence()) + 1}`;
    const outcome = await this.world.messages.append({ subject, bytes, id, expected: last?.sequence ?? 0 });
    if (outcome.status !== 'appended') throw new Error(`the message on ${subject} was not taken`);
  }

  /** A request as the administrator, unless another token is given; `null` is none. */
  request(
    method: string,
    path: string,
    {
      body,
      token = adminToken,
      headers = {},
    }: { body?: unknown; token?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  /** The JSON of a GET, once the views hold the whole log. */
  async get<Body = Record<string, never>>(path: string, token = adminToken): Promise<Body> {
    const position = `${await this.hub.log.lastSequence()}.0`;
    const mark = path.includes('?') ? '&' : '?';
    const response = await this.request('GET', `${path}${mark}at-least=${position}`, { token });
    if (!response.ok)
      throw new Error(`GET ${path} was answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as Body;
  }
}

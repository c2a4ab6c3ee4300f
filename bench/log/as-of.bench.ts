import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';

import { Projector, Views } from '@syncline/read-models';
import { freePort, startPostgres } from '@syncline/toolchain';
import { Client } from 'pg';

import type { Benchmark, Figure } from '../benchmark.ts';
import { percentile } from '../percentile.ts';
import { measured } from '../usage.ts';
import { fleetHistory, historyBegan } from './fleet-history.ts';
import { startLogServer } from './log-server.ts';

const events = 1_000_000;
const fleet = { clusters: 20, applications: 1_000 };
const fleetQuestions = 300;
const targetQuestions = 2_000;
const mostFleetMs = 50;
const mostTargetMs = 20;
/** Asked before anything is measured, so that both sides find what they read in memory. */
const warmUp = 20;

/** The same questions each time (a linear congruential generator, Numerical Recipes). */
const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const times = async (many: number, ask: () => Promise<number>, rows: number): Promise<readonly number[]> => {
  const taken: number[] = [];
  for (let at = -warmUp; at < many; at += 1) {
    const began = performance.now();
    const found = await ask();
    if (at >= 0) taken.push(performance.now() - began);
    if (found !== rows) throw new Error(`${found} targets were found instead of ${rows}`);
  }
  return taken;
};

type Asked = {
  readonly views: Views;
  readonly client: Client;
  readonly pids: Readonly<Record<string, number>>;
  readonly until: number;
};

type Target = { readonly cluster: string; readonly project: string; readonly application: string };

/** What is so now, by the bare client library: as many rows, and no past. */
const bareAnswers = async (client: Client, target: () => Target) => {
  const whole = await times(
    fleetQuestions,
    async () => (await client.query('SELECT * FROM syncline.fleet_state')).rows.length,
    fleet.applications,
  );
  const sql = 'SELECT * FROM syncline.fleet_state WHERE cluster = $1 AND project = $2 AND application = $3';
  const one = await times(
    targetQuestions,
    async () => {
      const { cluster, project, application } = target();
      return (await client.query(sql, [cluster, project, application])).rows.length;
    },
    1,
  );
  return [whole, one] as const;
};

/** Instants at which every target is there: after the first deployment of each. */
const questions = async ({ views, client, pids, until }: Asked): Promise<readonly Figure[]> => {
  const random = randomFrom(1);
  const from = historyBegan + 0.1 * (until - historyBegan);
  const instant = (): string => new Date(from + random() * (until - from)).toISOString();
  const target = (): Target => {
    const at = Math.floor(random() * fleet.applications);
    return {
      cluster: `cluster-${at % fleet.clusters}`,
      project: 'default',
      application: `application-${at}`,
    };
  };
  const whole = await measured(pids, () =>
    times(fleetQuestions, async () => (await views.fleetAt(instant())).length, fleet.applications),
  );
  const one = await measured(pids, () =>
    times(targetQuestions, async () => (await views.fleetAt(instant(), target())).length, 1),
  );
  const [bareFleet, bareTarget] = await bareAnswers(client, target);
  const figure = (
    name: string,
    taken: readonly number[],
    bare: readonly number[],
    target: number,
    usage: Figure['usage'],
  ): Figure => ({
    name,
    value: percentile(taken, 0.99),
    unit: 'ms',
    floor: percentile(bare, 0.99),
    target,
    better: 'lower',
    usage,
  });
  return [
    figure('as-of fleet p99', whole.result, bareFleet, mostFleetMs, whole.usage),
    figure('as-of target p99', one.result, bareTarget, mostTargetMs, one.usage),
  ];
};

/** How long it takes to say what ran where at an instant, of a million events and a thousand targets. */
export const benchmark: Benchmark = {
  name: 'as-of',
  about: 'asks what a fleet of a thousand targets, and one target, was at instants of a million events',
  atMostMinutes: 15,
  run: async ({ dir, say }) => {
    say(`writing ${events} events`);
    const log = await startLogServer(join(dir, 'log'), fleetHistory(events, fleet));
    const postgres = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort() });
    try {
      const hub = await log.hub('api');
      const failed = (error: unknown): void => say(`the views were away: ${String(error)}`);
      const projector = new Projector(hub.log, postgres.url, { failed });
      say('filling the views');
      projector.start();
      while (projector.away !== undefined) await delay(50);
      const until = historyBegan + projector.sequence * 1_000;
      await projector.stop();
      const views = new Views(postgres.url);
      const client = new Client({ connectionString: postgres.url });
      await client.connect();
      // As it is once Postgres has had nothing else to do: it would do this by itself meanwhile.
      say('waiting until Postgres has vacuumed what was filled');
      await client.query('VACUUM (ANALYZE)');
      say('asking');
      const pids = { reader: process.pid, postgres: postgres.pid };
      const figures = await questions({ views, client, pids, until });
      await client.end();
      await views.close();
      return figures;
    } finally {
      await postgres.stop();
      await log.stop();
    }
  },
};

import fc from 'fast-check';
import type { Pool } from 'pg';
import { decodeMessage, encodeEvent } from '@syncline/events';
import type { EventLog, LogEntry } from '@syncline/kernel';
import { eventually, startPostgresServer, story, type TestPostgres } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openPool } from '../projecting/database.js';
import { foldInto, sortEntries } from '../projecting/fold.js';
import { compare, fillShadow, makeShadow, migrate } from '../projecting/rebuild.js';
import { RowSet } from '../projecting/row-set.js';
import { projectBatch } from '../projecting/store.js';
import { shadowSchema, viewsSchema } from '../reading/data-source.js';
import { clusterTable, type ClusterRow } from '../tables/cluster.js';
import { targetTable, type TargetRow } from '../tables/target.js';

const begin = Date.parse('2026-05-04T14:31:00.000Z');
const at = (second: number): string => new Date(begin + second * 1_000).toISOString();
const writerOf = (subject: string): string =>
  subject.startsWith('ev.cluster.') ? 'service:applier' : 'service:test';

/** A decision of the story, when it happened, and how much later it was recorded, both in seconds. */
type Step = { readonly decision: story.Decision; readonly second: number };

/** The same of a history of its own: no name or digest is another history's. */
const entryOf = ({ decision, second }: Step, sequence: number, history: number): LogEntry => {
  const { events, actor, correlationId = 'c-0' } = decision;
  const mark = (text: string): string =>
    text
      .replaceAll('checkout', `app-${history}`)
      .replaceAll('prod-eu', `cluster-${history}`)
      .replaceAll(/([1-3])\1{63}/g, (plan) => `${plan.slice(0, 56)}${String(history).padStart(8, '0')}`);
  const subject = mark(decision.subject);
  const fields = { source: '/syncline/test', subject, time: at(second), correlationId };
  const encoded = events.map((event, index) =>
    encodeEvent(event, {
      ...fields,
      actor: actor ?? writerOf(decision.subject),
      id: `${sequence}.${index}`,
    }),
  );
  const bytes = new TextEncoder().encode(mark(JSON.stringify(encoded)));
  const recordedAt = at(10_000 + sequence);
  const message = { sequence, subject, recordedAt, recordedAtNs: 0n, bytes };
  return { message, events: decodeMessage(bytes, sequence, recordedAt) };
};

const drifts = [story.drifted(3), story.drifted(4, { flaps: 2 }), story.undrifted('cluster')];
const anyDecision = fc.constantFrom(
  ...story.wholeStory.slice(6),
  story.unchanged(story.revisionB, 'c-2', 'r-2'),
  story.released,
  ...story.replayedStory,
  ...drifts,
);

const isOfApplier = ({ decision }: Step): boolean => /^ev\.cluster\..*\.target/.test(decision.subject);

/** Only what can be: an applier carries out no plan but the one that was drafted last, and a plan is approved once. */
const possible = (decisions: readonly story.Decision[]): readonly story.Decision[] => {
  let plan: unknown;
  let approved: unknown;
  return decisions.filter(({ subject, events }) => {
    const planOf = (type: string) =>
      (events.find((one) => one.type.startsWith(type))?.data as { plan?: unknown } | undefined)?.plan;
    const [drafted, granted] = [planOf('PlanDrafted'), planOf('PlanApproved')];
    if (drafted !== undefined) [plan, approved] = [drafted, undefined];
    if (granted !== undefined && granted === approved) return false;
    approved = granted ?? approved;
    const applied = planOf('Apply');
    return subject.startsWith('ev.plan') || applied === undefined || applied === plan;
  });
};

/**
 * What happened every ten seconds, as the log has it: the applier says its part in its order, but as much later as it
 * likes, whatever others have said meanwhile.
 */
const anyHistory = fc
  .tuple(
    fc.array(anyDecision, { minLength: 1, maxLength: 40 }),
    fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 60, maxLength: 60 }),
  )
  .map(([decisions, lags]): readonly Step[] => {
    let said = 0;
    const steps = possible([...story.wholeStory.slice(0, 7), ...decisions]).map((decision, index) => {
      const step = { decision, second: 10 * index };
      if (!isOfApplier(step)) return { step, recorded: step.second };
      said = Math.max(said, step.second + (lags[index] ?? 0));
      return { step, recorded: said };
    });
    return steps.sort((a, b) => a.recorded - b.recorded).map(({ step }) => step);
  });

type State = Record<
  'sync' | 'revision' | 'desiredRevision' | 'plan' | 'health' | 'message',
  string | null
> & {
  readonly driftObjects: number | null;
};

type Effective = { readonly entry: LogEntry; readonly from: string };

/**
 * When each message takes effect. What an applier says of a target after its release is of nobody's target, and what it says
 * after the target came back is of the one that came back, whenever it happened.
 */
const effective = (entries: readonly LogEntry[]): readonly Effective[] => {
  let began: string | undefined;
  return entries.flatMap((entry) => {
    const { events, message } = entry;
    const from = events[0]?.occurredAt ?? '';
    if (events.some(({ type }) => type === 'PlanRequested')) began ??= from;
    if (events.some(({ type }) => type === 'TargetReleased')) began = undefined;
    if (!/^ev\.cluster\..*\.target/.test(message.subject)) return [{ entry, from }];
    return began === undefined ? [] : [{ entry, from: from > began ? from : began }];
  });
};

/** What the events that had happened by an instant come to, one after the other as the log has them. */
const naive = (entries: readonly LogEntry[], instant: string, history: number): State | undefined => {
  const by = effective(entries).flatMap(({ entry, from }) => (from <= instant ? [entry] : []));
  const rows = new RowSet(true);
  foldInto(rows, sortEntries(by).events);
  const changes = rows.changes();
  const all = <Row>(table: unknown): readonly Row[] =>
    (changes.find((one) => one.table === table)?.rows ?? []) as readonly Row[];
  const target = all<TargetRow>(targetTable).find(({ application }) => application === `app-${history}`);
  if (!target) return undefined;
  const { sync, revision, desiredRevision, plan, health, message, healthMessage } = target;
  const { driftObjects } = target.openApplied;
  const common = { revision, desiredRevision, plan, driftObjects };
  const cluster = all<ClusterRow>(clusterTable).find((one) => one.cluster === target.cluster);
  return cluster?.state === 'Lost'
    ? { sync: 'Unknown', health: 'Unknown', message: cluster.reason, ...common }
    : { sync, health, message: message ?? healthMessage, ...common };
};

/** As it comes while things happen: not all at once. */
const halves = (entries: readonly LogEntry[]): readonly (readonly LogEntry[])[] => {
  const half = Math.ceil(entries.length / 2);
  return [entries.slice(0, half), entries.slice(half)];
};

describe('the fleet as of an instant', () => {
  let postgres: TestPostgres;
  let pool: Pool;
  let sequence = 0;
  let history = 0;
  const log: LogEntry[] = [];

  beforeAll(async () => {
    postgres = await startPostgresServer();
    pool = openPool(postgres.url);
    await eventually(
      () => migrate(pool, postgres.url, viewsSchema).then(() => true),
      30_000,
      'Postgres takes connections',
    );
  });
  afterAll(async () => {
    await pool.end();
    await postgres.stop();
  });

  const stateAt = async (instant: string, application: string): Promise<readonly State[]> => {
    const { rows } = await pool.query<State>(
      `SELECT sync, revision, desired_revision AS "desiredRevision", plan, health, message,
         drift_objects AS "driftObjects"
       FROM ${viewsSchema}.fleet_state_at($1) WHERE application = $2`,
      [instant, application],
    );
    return rows;
  };

  it('is empty where nothing has happened', async () => {
    expect(await stateAt(at(0), 'app-1')).toEqual([]);
  });

  it('is what the events that had happened by then come to, however late they were recorded', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, async (steps) => {
        history += 1;
        const entries = steps.map((step) => entryOf(step, (sequence += 1), history));
        log.push(...entries);
        for (const one of halves(entries)) await projectBatch(pool, viewsSchema, one);
        const seconds = steps.map(({ second }) => second);
        for (const second of [-1, ...seconds, ...seconds.map((one) => one + 5), 100_000]) {
          const expected = naive(entries, at(second), history);
          const found = await stateAt(at(second), `app-${history}`);
          expect({ second, found }).toEqual({ second, found: expected ? [expected] : [] });
        }
      }),
      // What fails is told as it was found: smaller histories of it are looked for by whoever mends it.
      { numRuns: 25, endOnFailure: true },
    );
  }, 180_000);

  it('is row for row the same when the views are made anew from the log', async () => {
    expect(log.length).toBeGreaterThan(100);
    const batches = async function* (): AsyncGenerator<readonly LogEntry[]> {
      yield* await Promise.resolve([log]);
    };
    const whole = { scanInBatches: batches } as unknown as EventLog;
    await makeShadow(pool, postgres.url);
    await fillShadow(pool, postgres.url, whole, () => undefined);
    const client = await pool.connect();
    const { differing, rows } = await compare(client, viewsSchema, shadowSchema);
    client.release();
    expect(differing).toEqual([]);
    expect(rows).toBeGreaterThan(log.length);
  });
});

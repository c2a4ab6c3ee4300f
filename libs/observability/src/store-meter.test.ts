import { expect, test } from 'vitest';

import { createLogger, Metrics, storeMeter } from './index.js';

const world = () => {
  const said: string[] = [];
  const write = (line: string): void => void said.push((JSON.parse(line) as { msg: string }).msg);
  const metrics = new Metrics('planner');
  const meter = storeMeter(metrics, createLogger('planner', 'info', { write }));
  return { said, meter, shown: () => metrics.registry.metrics() };
};

test('a wait for nats-server is said once when it begins and once when it ends', async () => {
  const { said, meter, shown } = world();
  meter.connected(false, 'nats://there');
  meter.connected(false, 'nats://there');
  expect(await shown()).toMatch(/syncline_log_connected\{.*\} 0/);
  meter.connected(true, 'nats://there');
  meter.connected(true, 'nats://there');
  expect(said).toHaveLength(2);
  expect(said[0]).toBe('nats-server at nats://there does not answer; waiting for it');
  expect(said[1]).toMatch(/answers after [\d.]+ s$/);
  expect(await shown()).toMatch(/syncline_log_connected\{.*\} 1/);
});

test('what is bounded is shown beside its bound, as it is when somebody asks', async () => {
  const { meter, shown } = world();
  let count = 3;
  meter.bounded('appends', 256, () => count);
  expect(await shown()).toMatch(/syncline_limit\{of="appends".*\} 256/);
  expect(await shown()).toMatch(/syncline_limited\{of="appends".*\} 3/);
  count = 4;
  expect(await shown()).toMatch(/syncline_limited\{of="appends".*\} 4/);
});

test('how far a reaction is behind is looked up when it is asked for, until the reaction ends', async () => {
  const { meter, shown } = world();
  const tenSecondsAgo = BigInt(Date.now() - 10_000) * 1_000_000n;
  const forget = meter.working('targets', () => ({ held: 3, pending: 70, oldestNs: tenSecondsAgo }));
  const text = await shown();
  expect(text).toMatch(/syncline_reaction_pending_messages\{reaction="targets".*\} 70/);
  expect(text).toMatch(/syncline_reaction_unacknowledged_messages\{reaction="targets".*\} 3/);
  expect(text).toMatch(/syncline_reaction_oldest_seconds\{reaction="targets".*\} 10/);
  forget();
  expect(await shown()).not.toContain('reaction="targets"');
});

test('a reaction that fails is said at its first attempt, counted at each', async () => {
  const { said, meter, shown } = world();
  for (const attempt of [1, 2, 3]) meter.reactionFailed('targets', 'ev.x', attempt, new Error('away'));
  expect(said).toEqual(['targets could not handle an event; ev.x waits, and it is tried again']);
  expect(await shown()).toMatch(/syncline_reaction_failures_total\{reaction="targets".*\} 3/);
});

test('loads are told apart by what was read, lost races are counted, and what is remembered is shown', async () => {
  const { meter, shown } = world();
  for (const from of ['memory', 'memory', 'history']) meter.loaded(0.001, from);
  meter.appended(0.002, true);
  meter.appended(0.002, false);
  meter.kept({ values: 12, bytes: 3_456 });
  meter.historyRead('prod-eu', 70);
  const text = await shown();
  expect(text).toMatch(/syncline_load_seconds_count\{.*from="memory".*\} 2/);
  expect(text).toMatch(/syncline_load_seconds_count\{.*from="history".*\} 1/);
  expect(text).toMatch(/syncline_append_seconds_count\{.*\} 2/);
  expect(text).toMatch(/syncline_append_conflicts_total\{.*\} 1/);
  expect(text).toMatch(/syncline_remembered_states\{.*\} 12/);
  expect(text).toMatch(/syncline_remembered_bytes\{.*\} 3456/);
  expect(text).toMatch(/syncline_history_reads_total\{.*\} 1/);
});

import { once } from 'node:events';

import { expect, test } from 'vitest';

import { LogTail } from '../log-tail.js';
import { memoryAgent, MemoryWorld } from '../memory/memory-hub.js';
import { AgentRuntime } from './agent-runtime.js';

test('ends without waiting for the start of a reaction that nobody answers', async () => {
  const { aggregates, log, clusterAnswers } = memoryAgent(new MemoryWorld(), 'hub');
  const asked = new EventTarget();
  const runtime = new AgentRuntime({
    ...{ aggregates, log, answers: clusterAnswers, tailOf: () => new LogTail() },
    reach: () => {
      asked.dispatchEvent(new Event('reach'));
      return new Promise(() => undefined);
    },
    watch: async function* (signal) {
      yield ['silent'];
      await once(signal, 'abort');
    },
  });
  const isStarting = once(asked, 'reach');
  await runtime.start([]);
  await isStarting;
  await expect(runtime.stop()).resolves.toBeUndefined();
});

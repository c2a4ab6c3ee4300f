import { isWholeRun, seedOfRun, shuffled } from '@syncline/testkit';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';

import { adopting } from './cluster-rules/adopting.js';
import { answers } from './cluster-rules/answers.js';
import { applyLoop } from './cluster-rules/apply-loop.js';
import { bearingLink } from './cluster-rules/bearing-link.js';
import { bearingWatches } from './cluster-rules/bearing-watches.js';
import { bearingWrites } from './cluster-rules/bearing-writes.js';
import { drifting } from './cluster-rules/drifting.js';
import { planning } from './cluster-rules/planning.js';
import { pruning } from './cluster-rules/pruning.js';
import { replacing } from './cluster-rules/replacing.js';
import { resources } from './cluster-rules/resources.js';
import { secrecy } from './cluster-rules/secrecy.js';
import { takingOver } from './cluster-rules/taking-over.js';
import { watching } from './cluster-rules/watching.js';
import { ruledClusters, startRig, type Rig } from './cluster-rules/rig.js';

const seed = seedOfRun();
const allBadDays = [bearingWrites, bearingWatches, bearingLink];

/** The sandbox bears all in every run, a real cluster a part that the seed decides, and all in a whole run. */
const badDaysOf = (kind: string): readonly ((rig: () => Rig) => void)[] =>
  kind === 'the sandbox' || isWholeRun ? allBadDays : shuffled(allBadDays, seed).slice(0, 1);
console.log(`faults before a real API server: SYNCLINE_TEST_SEED=${seed}`);

/** The rules of docs/kubernetes.md, on one cluster of each kind. What the sandbox answers otherwise is its defect. */
describe.each(ruledClusters)('%s', (kind, start, exceptions) => {
  let rig: Rig | undefined;
  const started = (): Rig => {
    if (!rig) throw new Error('the cluster is not started');
    return rig;
  };

  beforeAll(async () => {
    rig = await startRig(start);
  });
  beforeEach(({ task, skip }) => {
    const reason = exceptions[task.name];
    if (reason !== undefined) skip(reason);
  });
  afterAll(() => rig?.stop());

  answers(started);
  planning(started);
  applyLoop(started);
  pruning(started);
  adopting(started);
  replacing(started);
  takingOver(started);
  secrecy(started);
  watching(started);
  drifting(started);
  resources(started);
  describe.concurrent('on a bad day', () => {
    for (const rules of badDaysOf(kind)) rules(started);
  });
});

import { isWholeRun, seedOfRun, shuffled } from '@syncline/testkit';
import { afterAll, beforeAll, beforeEach, describe } from 'vitest';

import { adopting } from './adopting.js';
import { answers } from './answers.js';
import { applyLoop } from './apply-loop.js';
import { bearingLink } from './bearing-link.js';
import { bearingWatches } from './bearing-watches.js';
import { bearingWrites } from './bearing-writes.js';
import { drifting } from './drifting.js';
import { ignoring } from './ignoring.js';
import { planning } from './planning.js';
import { pruning } from './pruning.js';
import { replacing } from './replacing.js';
import { resources } from './resources.js';
import { secrecy } from './secrecy.js';
import { served } from './served.js';
import { takingOver } from './taking-over.js';
import { watching } from './watching.js';
import { startRig, type Rig, type Ruled } from './rig.js';

const seed = seedOfRun();
const allBadDays = [bearingWrites, bearingWatches, bearingLink];

/** The sandbox bears all in every run, a real cluster a part that the seed decides, and all in a whole run. */
const badDaysOf = (isSandbox: boolean): readonly ((rig: () => Rig) => void)[] =>
  isSandbox || isWholeRun ? allBadDays : shuffled(allBadDays, seed).slice(0, 1);
console.log(`faults before a real API server: SYNCLINE_TEST_SEED=${seed}`);

/**
 * The rules of docs/kubernetes.md, on a cluster of one kind. What the sandbox answers otherwise is its defect. A file of
 * tests each: the two take long, and can be tried side by side.
 */
export const clusterRules = ({ name, isSandbox, start, exceptions }: Ruled): void => {
  describe(name, () => {
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
    ignoring(started);
    secrecy(started);
    watching(started);
    drifting(started);
    resources(started);
    served(started);
    describe.concurrent('on a bad day', () => {
      for (const rules of badDaysOf(isSandbox)) rules(started);
    });
  });
};

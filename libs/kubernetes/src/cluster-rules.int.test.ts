import { afterAll, beforeAll, beforeEach, describe } from 'vitest';

import { adopting } from './cluster-rules/adopting.js';
import { answers } from './cluster-rules/answers.js';
import { applyLoop } from './cluster-rules/apply-loop.js';
import { drifting } from './cluster-rules/drifting.js';
import { planning } from './cluster-rules/planning.js';
import { pruning } from './cluster-rules/pruning.js';
import { replacing } from './cluster-rules/replacing.js';
import { resources } from './cluster-rules/resources.js';
import { secrecy } from './cluster-rules/secrecy.js';
import { takingOver } from './cluster-rules/taking-over.js';
import { watching } from './cluster-rules/watching.js';
import { ruledClusters, startRig, type Rig } from './cluster-rules/rig.js';

/** The rules of docs/kubernetes.md, on one cluster of each kind. What the sandbox answers otherwise is its defect. */
describe.each(ruledClusters)('%s', (_name, start, exceptions) => {
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
});

import { afterAll, beforeAll } from 'vitest';

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
import { startRig, type Rig } from './cluster-rules/rig.js';

let rig: Rig | undefined;

/** The rules of docs/kubernetes.md on a real API server, one cluster for all of them. */
const started = (): Rig => {
  if (!rig) throw new Error('the cluster is not started');
  return rig;
};

beforeAll(async () => {
  rig = await startRig();
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

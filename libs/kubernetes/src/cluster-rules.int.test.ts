import { afterAll, beforeAll } from 'vitest';

import { answers } from './cluster-rules/answers.js';
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

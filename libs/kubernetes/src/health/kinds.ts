import type { KubeObject } from '../objects/kube-object.js';
import {
  conditionsOf, current, failed, findCondition, hasStatus, inProgress, isSet, said, specNumber, statusNumber, suspended, text, type Verdict,
} from './verdict.js'; // prettier-ignore

/** As kstatus, but a Job that runs is InProgress (kstatus calls it Current): a rollout waits for it, as Flux's `wait` does. */
export const jobHealth = (job: KubeObject): Verdict => {
  const failure = findCondition(job, 'Failed', 'True');
  if (failure) return failed(said(failure, 'failed'));
  if (findCondition(job, 'Complete', 'True'))
    return current(`completed, ${statusNumber(job, 'succeeded')} succeeded`);
  if (isSet(job, 'suspend')) return suspended('suspended');
  if (!hasStatus(job, 'startTime')) return inProgress('not started yet');
  const wanted = specNumber(job, 'completions', specNumber(job, 'parallelism', 1));
  return inProgress(
    `${statusNumber(job, 'succeeded')} of ${wanted} succeeded, ${statusNumber(job, 'failed')} failed`,
  );
};

export const cronJobHealth = (job: KubeObject): Verdict =>
  isSet(job, 'suspend') ? suspended('suspended') : current('scheduled');

/** kstatus: Current when bound. `waitsForConsumer` says that its class binds with the first Pod, which may be of a later wave. */
export const claimHealth = (claim: KubeObject, waitsForConsumer: boolean): Verdict => {
  const phase = text(claim, 'status', 'phase');
  if (phase === 'Bound') return current('bound');
  if (phase === 'Lost') return failed('its volume is lost');
  return waitsForConsumer ? current('waits for its first consumer') : inProgress('not bound yet');
};

export const volumeHealth = (volume: KubeObject): Verdict => {
  const phase = text(volume, 'status', 'phase');
  if (phase === 'Failed') return failed(text(volume, 'status', 'message') || 'its reclamation failed');
  return phase === '' || phase === 'Pending' ? inProgress('not available yet') : current(phase.toLowerCase());
};

/** kstatus: a load balancer needs its cluster address; whether a cloud gave it an outside one is not ours to wait for. */
export const serviceHealth = (service: KubeObject): Verdict =>
  text(service, 'spec', 'type') === 'LoadBalancer' && text(service, 'spec', 'clusterIP') === ''
    ? inProgress('has no cluster address yet')
    : current('has its address');

export const definitionHealth = (definition: KubeObject): Verdict => {
  const rejected = findCondition(definition, 'NamesAccepted', 'False');
  if (rejected) return failed(said(rejected, 'its names are taken'));
  const established = findCondition(definition, 'Established');
  if (established?.status === 'True') return current('established');
  return established !== undefined && established.reason !== 'Installing'
    ? failed(said(established, 'not established'))
    : inProgress('is being installed');
};

export const autoscalerHealth = (autoscaler: KubeObject): Verdict => {
  const unable = findCondition(autoscaler, 'AbleToScale', 'False');
  return unable
    ? failed(said(unable, 'cannot scale'))
    : current(`at ${statusNumber(autoscaler, 'currentReplicas')} replicas`);
};

export const apiServiceHealth = (service: KubeObject): Verdict => {
  const available = findCondition(service, 'Available');
  return available?.status === 'True'
    ? current('available')
    : inProgress(available ? said(available, 'not available') : 'not available yet');
};

/** Any other kind: its Ready condition, else Current without evidence. */
export const genericHealth = (object: KubeObject): Verdict => {
  const ready = findCondition(object, 'Ready');
  if (ready)
    return ready.status === 'True' ? current(said(ready, 'ready')) : inProgress(said(ready, 'not ready'));
  return current(conditionsOf(object).length === 0 ? 'exists' : 'exists; no condition says Ready');
};

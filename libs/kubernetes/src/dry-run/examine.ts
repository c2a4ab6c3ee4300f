import { setTimeout as delay } from 'node:timers/promises';

import type { AdoptedManager, HeldFields } from '@syncline/events';

import type { ServedResource } from '../cluster-client.js';
import { absent, type ObjectApi, type Precondition } from '../connection/object-api.js';
import { takenBetween } from '../fields/takeovers.js';
import { isKubernetesError, type KubernetesError } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import type { Refusal, Wanted } from '../objects/wanted.js';
import { appliersOf, movedToUs, resultOfAdoption, withoutFormer } from './adoption.js';
import { concede } from './concession.js';
import { whyNotAdopted } from './former-tool.js';
import type { KnownApplied } from './known-applied.js';
import type { Neighbourhood } from './neighbourhood.js';
import { replacedBy, tryAnew, type Trial } from './replacing.js';

/** A wanted object whose kind is served. */
export type Served = Wanted & { readonly resource: ServedResource };

/** What objects are examined with. */
export type Eyes = {
  readonly api: ObjectApi;
  readonly around: Neighbourhood;
  readonly known: KnownApplied;
  readonly signal?: AbortSignal | undefined;
};

/** First contact with an object that another tool applied. `refusal` says why it is not adopted now. */
export type Adoption = { readonly adopts: readonly AdoptedManager[]; readonly refusal?: Refusal };

/** What the cluster says of a wanted object: how it is, and how it would be, or why it would not. */
export type Examination = {
  /** The object as it is; of one to be adopted, with the fields of the former tools as ours. */
  readonly live?: KubeObject;
  readonly dryRun?: KubeObject;
  readonly error?: KubernetesError;
  /** What is sent: the manifest without what is conceded. */
  readonly body: KubeObject;
  readonly conceded: readonly HeldFields[];
  readonly takeovers: readonly HeldFields[];
  readonly adoption?: Adoption;
  /** The live object made anew, where it cannot be changed and may be replaced. */
  readonly trial?: Trial;
};

/** How often an object is looked at that others write meanwhile: the second time at once, then after ever longer waits, a second in all. */
const raceTries = 9;
const firstWaitMs = 10;

/** The state of a live object for a write that presumes it. */
export const preconditionOf = ({ metadata }: KubeObject): Required<Precondition> => ({
  uid: metadata.uid ?? '',
  resourceVersion: metadata.resourceVersion ?? '',
});

/**
 * Reads an object and dry-runs what is wanted against exactly that state: both are of one moment, because the dry run
 * presumes the version that was read. Where none is expected, a dry run that makes it shows that there is none, and nothing is read.
 * Throws only what says nothing about the object (out of reach, throttled, faults).
 */
export const examine = async (
  eyes: Eyes,
  wanted: Served,
  expected: 'present' | 'absent' = 'present',
): Promise<Examination> => {
  if (expected === 'absent') {
    const made = await examineAbsent(eyes, wanted);
    if (made.dryRun) return made;
  }
  for (let tries = 1; ; tries += 1) {
    const live = await eyes.api.find(wanted.resource, wanted.object, eyes.signal);
    const seen = live ? await examineLive(eyes, wanted, live) : await examineAbsent(eyes, wanted);
    const isRace = ['conflict-version', 'conflict-exists', 'uid-mismatch'].includes(seen.error?.code ?? '');
    if (!isRace || tries >= raceTries) return seen;
    const waitMs = tries === 1 ? 0 : firstWaitMs * 2 ** (tries - 2) * (0.5 + Math.random() / 2);
    if (waitMs > 0) await delay(waitMs, undefined, { signal: eyes.signal });
  }
};

/** What a request answers, or why not. Throws what says nothing about the object. */
const attempt = async (
  work: () => Promise<KubeObject>,
): Promise<{ readonly dryRun?: KubeObject; readonly error?: KubernetesError }> => {
  try {
    return { dryRun: await work() };
  } catch (error) {
    if (!isKubernetesError(error) || error.retryable) throw error;
    return { error };
  }
};

const examineAbsent = async ({ api, signal }: Eyes, { resource, body }: Served): Promise<Examination> => {
  const tried = await attempt(() =>
    api.apply(resource, body, { dryRun: true, precondition: absent, signal }),
  );
  return { ...tried, body, conceded: [], takeovers: [] };
};

/** Whether a dry run gave the very object that is there, down to who owns what. */
const isTheSame = (live: KubeObject, dryRun: KubeObject | undefined): boolean =>
  dryRun !== undefined && JSON.stringify(dryRun) === JSON.stringify(live);

const examineLive = async (eyes: Eyes, wanted: Served, live: KubeObject): Promise<Examination> => {
  const { around, signal, known } = eyes;
  // A namespace that is only needed is not changed where it is there.
  if (wanted.isImplicit === true || known.has(wanted, live))
    return { live, dryRun: live, body: wanted.body, conceded: [], takeovers: [] };
  const { body, conceded } = await concede(wanted, live, around, signal);
  const common = { live, body, conceded, takeovers: [] };
  const adopts = appliersOf(live);
  if (adopts)
    return examineForeign(eyes, { ...wanted, body }, live, { ...common, live: movedToUs(live) }, adopts);
  const tried = await tryBoth(eyes, { ...wanted, body }, live);
  if (conceded.length === 0 && isTheSame(live, tried.dryRun)) known.note(wanted, live);
  return { ...common, ...(await withTrial(eyes, wanted, tried)) };
};

/** Dry-runs without force, and where only that is the matter, with it: what it takes is said. */
const tryBoth = async ({ api, signal }: Eyes, { resource, body }: Served, live: KubeObject) => {
  const at = { dryRun: true, precondition: preconditionOf(live), signal } as const;
  const tried = await attempt(() => api.apply(resource, body, at));
  if (tried.error?.code !== 'conflict-field-manager') return tried;
  const forced = await attempt(() => api.apply(resource, body, { ...at, force: true }));
  return forced.dryRun ? { ...forced, takeovers: takenBetween(live, forced.dryRun) } : forced;
};

const examineForeign = async (
  eyes: Eyes,
  wanted: Served,
  live: KubeObject,
  common: Examination,
  adopts: readonly AdoptedManager[],
): Promise<Examination> => {
  const refusal = await whyNotAdopted(live, eyes.around, eyes.signal);
  if (refusal) return { ...common, adoption: { adopts, refusal } };
  const adoption = { adopts };
  const tried = await tryBoth(eyes, wanted, live);
  const { dryRun } = tried;
  if (!dryRun) return { ...common, adoption, ...(await withTrial(eyes, wanted, tried)) };
  const at = { resource: wanted.resource, object: wanted.object, precondition: preconditionOf(live) };
  const result = await attempt(() => resultOfAdoption(eyes.api, at, live, dryRun, eyes.signal));
  const takeovers = takenBetween(withoutFormer(live), dryRun);
  return { ...common, adoption, takeovers, ...(await withTrial(eyes, wanted, result)) };
};

const withTrial = async <Tried extends { readonly error?: KubernetesError }>(
  eyes: Eyes,
  wanted: Served,
  tried: Tried,
): Promise<Tried & { readonly trial?: Trial }> =>
  tried.error?.code === 'immutable' && replacedBy(wanted.body) !== undefined
    ? { ...tried, trial: await tryAnew(eyes.api, wanted, eyes.signal) }
    : tried;

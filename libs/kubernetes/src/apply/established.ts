import { setTimeout as delay } from 'node:timers/promises';

import type { Workbench } from '../dry-run/diff.js';
import type { Served } from '../dry-run/examine.js';
import { apiVersionOf } from '../discovery/resource-path.js';
import { formatObject } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { ApplyEnd, failed } from './apply-end.js';

const deadlineMs = 60_000;
const pauseMs = 100;

type Condition = { readonly type: string; readonly status: string; readonly message?: string };

const conditionsOf = (object: KubeObject): readonly Condition[] =>
  (object.status as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];

const isTrue = (object: KubeObject, type: string): boolean =>
  conditionsOf(object).some((one) => one.type === type && one.status === 'True');

const servedNames = (definition: KubeObject): readonly string[] => {
  const spec = definition.spec as
    | { group?: string; names?: { plural?: string }; versions?: { name: string; served?: boolean }[] }
    | undefined;
  return (spec?.versions ?? [])
    .filter(({ served }) => served !== false)
    .map(({ name }) => `${spec?.group ?? ''}/${name}/${spec?.names?.plural ?? ''}`);
};

/** Waits until a CRD is Established and discovery names what it serves: only then are its objects accepted. */
export const waitUntilEstablished = async (
  bench: Workbench,
  wanted: Served,
  signal?: AbortSignal,
): Promise<void> => {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const live = await bench.api.find(wanted.resource, wanted.object, signal);
    const rejected =
      live && conditionsOf(live).find((one) => one.type === 'NamesAccepted' && one.status === 'False');
    if (rejected)
      throw failed(wanted.object, 'names-not-accepted', rejected.message ?? 'its names are taken');
    if (live && isTrue(live, 'Established') && (await isDiscovered(bench, live, signal))) return;
    if (performance.now() > deadline)
      throw new ApplyEnd(
        'errored',
        'timeout',
        `${formatObject(wanted.object)} is not Established after ${deadlineMs / 1000} s`,
        wanted.object,
      );
    await delay(pauseMs, undefined, signal && { signal });
  }
};

const isDiscovered = async (
  bench: Workbench,
  definition: KubeObject,
  signal?: AbortSignal,
): Promise<boolean> => {
  const { resources } = await bench.capability.refresh(signal);
  const served = new Set(resources.map((one) => `${apiVersionOf(one)}/${one.plural}`));
  return servedNames(definition).every((name) => served.has(name));
};

import { z } from 'zod';

import { timestamp } from '../cluster.js';
import { recordUpdate } from '../ownership/record-update.js';
import { patchObject, type Patch } from '../patches/patch-object.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { aboutOf, commitChanged } from '../writes/commit.js';
import { failure, refuse, Refused, type Answer } from './answer.js';
import { checkPresumed } from './applying.js';
import { isDryRun, jsonBody, managerOf, placeOf, schemaOf, type Call } from './call.js';
import { inVersion, liveObject } from './reading.js';

type Spec = {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels?: Record<string, string> };
};

const sent = z.looseObject({
  metadata: z.looseObject({ name: z.string().optional(), resourceVersion: z.string().optional() }).optional(),
  spec: z.looseObject({ replicas: z.number().int().min(0).optional() }).optional(),
});

/** How many replicas an object asks for, as autoscalers see it (autoscaling/v1 Scale). */
const scaleOf = ({ metadata, spec, status }: KubeObject): KubeObject => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const own = { name, namespace, uid, resourceVersion, creationTimestamp };
  const { replicas = 0, selector } = (spec ?? {}) as Spec;
  const labels = Object.entries(selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined)),
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: ((status ?? {}) as Spec).replicas ?? 0, selector: labels.join(',') },
  };
};

/** GET of a scale. */
export const getScale = (call: Call): Answer => ({ code: 200, body: scaleOf(liveObject(call)) });

const write = (call: Call, live: KubeObject, body: unknown): Answer => {
  const { name = '' } = live.metadata;
  const place = placeOf(call);
  const { success, data } = sent.safeParse(body);
  if (!success)
    return refuse(
      422,
      'Invalid',
      `Scale.autoscaling "${name}" is invalid: spec.replicas`,
      aboutOf(place, name),
    );
  const { resourceVersion } = data.metadata ?? {};
  checkPresumed(call, live, { ...live, metadata: resourceVersion === undefined ? {} : { resourceVersion } });
  const before = inVersion(call, live);
  const replicas = data.spec?.replicas ?? 0;
  const after = recordUpdate({
    schema: schemaOf(call),
    before,
    after: { ...before, spec: { ...(before.spec as object), replicas } },
    manager: managerOf(call),
    now: timestamp(),
    subresource: 'scale',
  });
  const { object } = commitChanged(call.cluster, place, live, after, isDryRun(call));
  return { code: 200, body: scaleOf(object) };
};

/** PUT of a scale. */
export const updateScale = (call: Call): Answer => write(call, liveObject(call), jsonBody(call));

/** PATCH of a scale by a JSON, merge or strategic merge patch. */
export const patchScale =
  (type: Patch['type']) =>
  (call: Call): Answer => {
    const live = liveObject(call);
    const schema = call.cluster.schemas.find('autoscaling/v1', 'Scale') ?? schemaOf(call);
    const patched = patchObject(schema, scaleOf(live), { type, body: jsonBody(call) });
    if (!patched.ok) throw new Refused(failure(patched.refusal, aboutOf(placeOf(call), live.metadata.name)));
    return write(call, live, patched.object);
  };

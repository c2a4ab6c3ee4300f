import type { Json } from '@syncline/kernel';

import type { Refusal } from '../ownership/operations.js';
import { isList, isObject } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';
import { applyJsonPatch, PatchFailed, type JsonPatchOperation } from './json-patch.js';
import { applyMergePatch } from './merge-patch.js';
import { applyStrategicPatch } from './strategic-merge-patch.js';

/** A patch as a client sends it; `body` is JSON that was read. */
export type Patch = { readonly type: 'json' | 'merge' | 'strategic'; readonly body: unknown };

export type Patched =
  { readonly ok: true; readonly object: KubeObject } | { readonly ok: false; readonly refusal: Refusal };

/** Patches an object. The result is to be read as a body (`readBody`) before it is stored. */
export const patchObject = (schema: ObjectSchema, object: KubeObject, { type, body }: Patch): Patched => {
  const patch = body as Json;
  if (type === 'json' ? !isOperations(patch) : !isObject(patch))
    return refused(400, 'BadRequest', `error decoding patch: it is no ${type} patch`);
  if (type === 'strategic' && schema.custom)
    return refused(415, 'UnsupportedMediaType', 'the body of the request was in an unknown format');
  try {
    const patched = carryOut(schema, object as unknown as Json, type, patch);
    if (!isObject(patched) || !isObject(patched.metadata)) throw new PatchFailed('no object is left');
    return { ok: true, object: patched as unknown as KubeObject };
  } catch (error) {
    if (!(error instanceof PatchFailed)) throw error;
    return type === 'json'
      ? refused(422, 'Invalid', 'the server rejected our request due to an error in our request')
      : { ok: false, refusal: { code: 500, message: error.message } };
  }
};

const refused = (code: number, reason: string, message: string): Patched => ({
  ok: false,
  refusal: { code, reason, message },
});

const isOperations = (patch: Json): boolean =>
  isList(patch) &&
  patch.every((one) => isObject(one) && typeof one.op === 'string' && typeof one.path === 'string');

const carryOut = (schema: ObjectSchema, object: Json, type: Patch['type'], patch: Json): Json => {
  if (type === 'json') return applyJsonPatch(object, patch as unknown as readonly JsonPatchOperation[]);
  return type === 'merge' ? applyMergePatch(object, patch) : applyStrategicPatch(schema.root, object, patch);
};

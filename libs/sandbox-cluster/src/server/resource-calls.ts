import { notSimulated, refuse, type Answer } from './answer.js';
import { apply } from './applying.js';
import type { Call } from './call.js';
import { remove, removeCollection } from './deleting.js';
import { inAskedForm } from './metadata-only.js';
import { get, list } from './reading.js';
import { getScale, patchScale, updateScale } from './scaling.js';
import { create, patch, update } from './updating.js';

type Handler = (call: Call) => Answer;

const patches: Readonly<Record<string, Handler>> = {
  'application/apply-patch+yaml': apply,
  'application/json-patch+json': patch('json'),
  'application/merge-patch+json': patch('merge'),
  'application/strategic-merge-patch+json': patch('strategic'),
};

const scalePatches: Readonly<Record<string, Handler>> = {
  'application/json-patch+json': patchScale('json'),
  'application/merge-patch+json': patchScale('merge'),
  'application/strategic-merge-patch+json': patchScale('strategic'),
};

const patchBy =
  (byType: Readonly<Record<string, Handler>>): Handler =>
  (call) => {
    const type = (call.contentType.split(';')[0] ?? '').trim();
    const handler = Object.hasOwn(byType, type) ? byType[type] : undefined;
    return handler
      ? handler(call)
      : refuse(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${type}`);
  };

const onObject: Readonly<Record<string, Handler>> = {
  GET: get,
  PUT: update,
  PATCH: patchBy(patches),
  DELETE: remove,
};
const onCollection: Readonly<Record<string, Handler>> = { GET: list, POST: create, DELETE: removeCollection };
const onStatus: Readonly<Record<string, Handler>> = { GET: get, PUT: update, PATCH: patchBy(patches) };

const onScale: Readonly<Record<string, Handler>> = {
  GET: getScale,
  PUT: updateScale,
  PATCH: patchBy(scalePatches),
};

/** A client asks whether it may do something; with a token it may do everything. */
const reviews = ['selfsubjectaccessreviews', 'subjectaccessreviews', 'localsubjectaccessreviews'];

/** The scale of a custom kind lies where its definition says; that is not simulated. */
const isScaled = new Set(['deployments.apps', 'replicasets.apps', 'statefulsets.apps']);

const handlerOf = ({ address, method }: Call): Handler | undefined => {
  const { name, subresource, resource, id } = address;
  if (!resource.verbs.includes('list') && !reviews.some((one) => id.startsWith(one))) return undefined;
  if (subresource === 'status') return onStatus[method];
  if (subresource === 'scale' && isScaled.has(id)) return onScale[method];
  if (subresource !== undefined) return undefined;
  return name === undefined ? onCollection[method] : onObject[method];
};

const allowed = ({ body }: Call): Answer => ({
  code: 201,
  body: { ...(JSON.parse(body) as object), status: { allowed: true } },
});

/** Carries out a call on a resource. */
export const carryOut = (call: Call): Answer => {
  const { address, method } = call;
  const { id, apiVersion, subresource } = address;
  if (method === 'POST' && reviews.some((one) => id.startsWith(one))) return allowed(call);
  const handler = handlerOf(call);
  if (handler) return inAskedForm(call, handler(call));
  return notSimulated(
    `${method} of ${id}${subresource === undefined ? '' : `/${subresource}`} (${apiVersion})`,
  );
};

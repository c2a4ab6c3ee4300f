import type { Resource, Schemas } from '../schemas/schemas.js';
import type { ResourceId } from '../storage/object-store.js';
import { pageNotFound } from './answer.js';

/** What a path under `/api` or `/apis` names: a resource, and maybe one object or a part of one. */
export type Address = {
  readonly apiVersion: string;
  readonly group: string;
  readonly resource: Resource;
  readonly id: ResourceId;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
};

/** How a resource is named where its version does not matter: `deployments.apps`. */
export const resourceId = (plural: string, group: string): ResourceId =>
  group === '' ? plural : `${plural}.${group}`;

type Split = { readonly apiVersion: string; readonly group: string; readonly rest: readonly string[] };

const splitPath = ([root, ...parts]: readonly string[]): Split => {
  const [group, version, ...rest] = root === 'api' ? ['', ...parts] : parts;
  if (group === undefined || version === undefined) return pageNotFound();
  return { apiVersion: group === '' ? version : `${group}/${version}`, group, rest };
};

/** Reads the segments of a path; what nothing serves is a plain 404, as the real server answers. */
export const readAddress = (schemas: Schemas, segments: readonly string[]): Address => {
  const { apiVersion, group, rest } = splitPath(segments);
  const isInside =
    rest[0] === 'namespaces' && rest[2] !== undefined && !(rest.length === 3 && isPart(rest[2]));
  const [plural = '', name, ...below] = isInside ? rest.slice(2) : rest;
  const served = schemas.groupVersions().get(apiVersion) ?? [];
  const resource = served.find((one) => one.name === plural);
  const subresource = below.length > 0 ? below.join('/') : undefined;
  const isPlaced = resource && (resource.namespaced || !isInside);
  if (!isPlaced || (resource.namespaced && name !== undefined && !isInside)) return pageNotFound();
  return {
    apiVersion,
    group,
    resource,
    id: resourceId(plural, group),
    namespace: isInside ? rest[1] : undefined,
    name,
    subresource,
  };
};

/** The parts of a Namespace itself, which look like resources inside it. */
const isPart = (word: string): boolean => word === 'status' || word === 'finalize';

import type { Resource, Schemas } from '../schemas/schemas.js';
import { pageNotFound, type Answer } from './answer.js';

type Group = { readonly name: string; readonly versions: readonly string[] };

/** Clients look at this to tell an aggregated answer from a plain one. */
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const isCore = (groupVersion: string): boolean => !groupVersion.includes('/');

const groupsOf = (schemas: Schemas): readonly Group[] => {
  const groups = new Map<string, string[]>();
  for (const groupVersion of schemas.groupVersions().keys()) {
    if (isCore(groupVersion)) continue;
    const [name = '', version = ''] = groupVersion.split('/');
    groups.set(name, [...(groups.get(name) ?? []), version]);
  }
  return [...groups].map(([name, versions]) => ({ name, versions }));
};

const kindOf = (groupVersion: string, { group, version, kind }: Resource): object => {
  const [ownVersion = '', ownGroup = ''] = groupVersion.split('/').toReversed();
  return { group: group ?? ownGroup, version: version ?? ownVersion, kind };
};

const aggregatedResource = (groupVersion: string, all: readonly Resource[], one: Resource): object => {
  const below = all.filter(({ name }) => name.startsWith(`${one.name}/`));
  return {
    resource: one.name,
    responseKind: kindOf(groupVersion, one),
    scope: one.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: one.singularName,
    verbs: one.verbs,
    ...(one.shortNames && { shortNames: one.shortNames }),
    ...(one.categories && { categories: one.categories }),
    ...(below.length > 0 && {
      subresources: below.map((part) => ({
        subresource: part.name.slice(one.name.length + 1),
        responseKind: kindOf(groupVersion, part),
        verbs: part.verbs,
      })),
    }),
  };
};

const aggregatedVersion = (schemas: Schemas, groupVersion: string): object => {
  const all = schemas.groupVersions().get(groupVersion) ?? [];
  const resources = all
    .filter(({ name }) => !name.includes('/'))
    .map((one) => aggregatedResource(groupVersion, all, one));
  return { version: groupVersion.split('/').at(-1), freshness: 'Current', resources };
};

const aggregated = (schemas: Schemas, root: string): object => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items:
    root === 'api'
      ? [{ metadata: {}, versions: [aggregatedVersion(schemas, 'v1')] }]
      : groupsOf(schemas).map(({ name, versions }) => ({
          metadata: { name },
          versions: versions.map((version) => aggregatedVersion(schemas, `${name}/${version}`)),
        })),
});

const plainGroup = ({ name, versions }: Group): object => {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] };
};

const resourceList = (schemas: Schemas, groupVersion: string): Answer => {
  const resources = schemas.groupVersions().get(groupVersion);
  return resources
    ? { code: 200, body: { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources } }
    : pageNotFound();
};

const oneGroup = (schemas: Schemas, name: string): Answer => {
  const group = groupsOf(schemas).find((one) => one.name === name);
  return group
    ? { code: 200, body: { kind: 'APIGroup', apiVersion: 'v1', ...plainGroup(group) } }
    : pageNotFound();
};

/** Answers what a client asks to learn what is served; undefined where the path is another. */
export const discover = (
  schemas: Schemas,
  segments: readonly string[],
  accept: string,
): Answer | undefined => {
  const [root, first, second, ...rest] = segments;
  if ((root !== 'api' && root !== 'apis') || rest.length > 0) return undefined;
  if (first === undefined) {
    if (accept.includes('g=apidiscovery.k8s.io'))
      return { code: 200, body: aggregated(schemas, root), contentType: aggregatedType };
    return root === 'api'
      ? { code: 200, body: { kind: 'APIVersions', versions: ['v1'] } }
      : {
          code: 200,
          body: { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(schemas).map(plainGroup) },
        };
  }
  if (root === 'api') return second === undefined ? resourceList(schemas, first) : undefined;
  return second === undefined ? oneGroup(schemas, first) : resourceList(schemas, `${first}/${second}`);
};

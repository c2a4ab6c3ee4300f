import type { Components, SchemaNode } from './schema-node.js';
import type { Resource } from './schemas.js';

const writes: Readonly<Record<string, string>> = { create: 'post', update: 'put', patch: 'patch' };

const query = (name: string, type = 'string'): object => ({
  name,
  in: 'query',
  schema: { type, uniqueItems: true },
});
const writeParameters = [query('dryRun'), query('fieldManager'), query('fieldValidation')];
const parameters: Readonly<Record<string, readonly object[]>> = {
  post: writeParameters,
  put: writeParameters,
  patch: [...writeParameters, query('force', 'boolean')],
};

/**
 * The OpenAPI v3 document of one group version: the schemas that its kinds reach, and for each resource what clients look
 * for in `paths`: the kind, and that writes take `dryRun`, `fieldManager` and `fieldValidation`.
 */
export const openApiDocument = (
  groupVersion: string,
  resources: readonly Resource[],
  components: Components,
): Readonly<Record<string, unknown>> => ({
  openapi: '3.0.0',
  info: { title: 'Kubernetes', version: 'unversioned' },
  paths: Object.assign({}, ...resources.map((one) => pathsOf(groupVersion, one))) as object,
  components: { schemas: reached(rootsOf(groupVersion, resources, components), components) },
});

const pathsOf = (groupVersion: string, { name, namespaced, kind, verbs, ...own }: Resource): object => {
  const [version = '', group = ''] = groupVersion.split('/').toReversed();
  const [plural = '', below] = name.split('/');
  const base = `/${group ? 'apis' : 'api'}/${groupVersion}${namespaced ? '/namespaces/{namespace}' : ''}/${plural}`;
  const of = {
    'x-kubernetes-group-version-kind': { group: own.group ?? group, version: own.version ?? version, kind },
  };
  const operations = (wanted: readonly string[]): object =>
    Object.fromEntries(
      wanted
        .filter((verb) => verbs.includes(verb))
        .map((verb) => writes[verb] ?? verb)
        .map((method) => [
          method,
          {
            ...of,
            'x-kubernetes-action': method,
            ...(parameters[method] ? { parameters: parameters[method] } : {}),
          },
        ]),
    );
  const item = `${base}/{name}${below ? `/${below}` : ''}`;
  return {
    ...(below ? {} : { [base]: operations(['create']) }),
    [item]: operations(['get', 'update', 'patch', 'delete']),
  };
};

const rootsOf = (groupVersion: string, resources: readonly Resource[], components: Components): string[] => {
  const [version = '', group = ''] = groupVersion.split('/').toReversed();
  const kinds = new Set(
    resources.flatMap(({ kind }) => [kind, `${kind}List`]).concat('DeleteOptions', 'Scale', 'Status'),
  );
  return Object.keys(components).filter((name) =>
    components[name]?.['x-kubernetes-group-version-kind']?.some(
      (one) => kinds.has(one.kind) && one.version === version && one.group === group,
    ),
  );
};

const reached = (roots: readonly string[], components: Components): Components => {
  const found = new Map<string, SchemaNode>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = components[name];
    if (!node || found.has(name)) continue;
    found.set(name, node);
    for (const [, ref = ''] of JSON.stringify(node).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
      waiting.push(ref);
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
};

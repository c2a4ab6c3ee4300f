/** What can be done to a resource, in the words of Kubernetes' own rules of access. */
export const verbs = [
  'get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection',
] as const; // prettier-ignore
export type Verb = (typeof verbs)[number];

/** What a request is about, as far as its method and address tell. */
export type RequestInfo = {
  readonly verb: Verb;
  /** The path without the server's own part and without the query. */
  readonly path: string;
  /** `deployments.apps`, `configmaps`; undefined for what is no resource, such as `/readyz`. */
  readonly resource: string | undefined;
  readonly isDryRun: boolean;
};

const written: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', PATCH: 'patch' };

/** The parts of a Namespace itself, which look like resources inside it. */
const partsOfNamespace: ReadonlySet<string | undefined> = new Set(['status', 'finalize']);

const namedBy = (segments: readonly string[]): { readonly resource?: string; readonly name?: string } => {
  const [root, ...parts] = segments;
  if (root !== 'api' && root !== 'apis') return {};
  const [group, , ...rest] = root === 'api' ? ['', ...parts] : parts;
  const isInside = rest[0] === 'namespaces' && rest.length > 2 && !partsOfNamespace.has(rest[2]);
  const [plural, name] = isInside ? rest.slice(2) : rest;
  if (plural === undefined) return {};
  return {
    resource: group === '' ? plural : `${plural}.${group ?? ''}`,
    ...(name !== undefined && { name }),
  };
};

const verbOf = (
  method: string,
  query: URLSearchParams,
  name: string | undefined,
  isResource: boolean,
): Verb => {
  if (method === 'DELETE') return name === undefined && isResource ? 'deletecollection' : 'delete';
  const writing = written[method];
  if (writing) return writing;
  if (!isResource) return 'get';
  if (['true', '1'].includes(query.get('watch') ?? '')) return 'watch';
  return name === undefined ? 'list' : 'get';
};

/** Reads a request as kube-apiserver's RequestInfo does: verb and resource, whatever the version of the API. */
export const requestInfo = (
  method: string,
  segments: readonly string[],
  query: URLSearchParams,
): RequestInfo => {
  const { resource, name } = namedBy(segments);
  return {
    verb: verbOf(method, query, name, resource !== undefined),
    path: `/${segments.join('/')}`,
    resource,
    isDryRun: query.has('dryRun'),
  };
};

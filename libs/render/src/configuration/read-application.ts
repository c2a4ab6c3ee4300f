import type { ApplicationSpec, IgnoreRule, Renderer } from '@syncline/events';

import { isRenderError } from '../render-error.js';
import { displayPath, resolvePath } from '../tree/paths.js';
import { readDocuments } from '../yaml/documents.js';
import { applicationShape, type ApplicationShape } from './application-shape.js';
import { artifactFaultsOf } from './chart.js';
import { describeIssues, type Fault } from './faults.js';
import { checkHelm, helmOf, overrideValues, type DeclarationPlace } from './helm.js';
import { isNamespace, readDuration } from './names.js';

/** The repository that configuration stands in: its name, and the name of the ref that is tracked. */
export type DeclaringRepository = { readonly name: string; readonly ref?: string };

/** An application's spec, or what is wrong with its document. */
export type ReadApplication =
  | { readonly spec: ApplicationSpec; readonly faults: readonly [] }
  | { readonly spec?: undefined; readonly faults: readonly Fault[] };

const checkSource = (
  { source }: ApplicationShape['spec'],
  repository: DeclaringRepository,
): readonly Fault[] => {
  const faults: Fault[] = [];
  if (source.repository !== undefined && source.repository !== repository.name) {
    const reason = `spec.source.repository "${source.repository}" is another repository than this one ("${repository.name}"), which is not carried out by this version.`;
    faults.push({ path: ['spec', 'source', 'repository'], reason });
  }
  if (source.ref !== undefined && repository.ref !== undefined && source.ref !== repository.ref) {
    const reason = `spec.source.ref "${source.ref}" is another ref than the tracked one ("${repository.ref}"), which is not carried out by this version.`;
    faults.push({ path: ['spec', 'source', 'ref'], reason });
  }
  if (resolvePath('', source.path) === undefined)
    faults.push({
      path: ['spec', 'source', 'path'],
      reason: `spec.source.path "${source.path}" leaves the repository`,
    });
  return faults;
};

const checkNamespace = ({ metadata, spec }: ApplicationShape): readonly Fault[] =>
  spec.namespace === undefined && !isNamespace(metadata.name)
    ? [
        {
          path: ['spec'],
          reason: `spec.namespace is missing, and "${metadata.name}" cannot be the name of a namespace`,
        },
      ]
    : [];

const checkPatch = (patch: string, path: Fault['path']): readonly Fault[] => {
  try {
    readDocuments('patch', patch);
    return [];
  } catch (error) {
    if (!isRenderError(error)) throw error;
    return [{ path, reason: `the patch cannot be read as YAML: line ${error.line ?? 1}: ${error.message}` }];
  }
};

const checkPatches = ({ placement }: ApplicationShape['spec']): readonly Fault[] =>
  placement.overrides.flatMap(({ patches }, override) =>
    patches.flatMap(({ patch }, index) =>
      checkPatch(patch, ['spec', 'placement', 'overrides', override, 'patches', index, 'patch']),
    ),
  );

const rendererOf = ({ plain, kustomize, helm }: ApplicationShape['spec']['render']): Renderer => {
  if (plain !== undefined) return 'plain';
  if (helm !== undefined) return 'helm';
  return kustomize === undefined ? 'detect' : 'kustomize';
};

type Rule = ApplicationShape['spec']['sync']['ignore'][number];

const ruleOf = ({ group, kind, namespace, name, fields }: Rule): IgnoreRule => ({
  ...(group !== undefined && { group }),
  kind,
  ...(namespace !== undefined && { namespace }),
  ...(name !== undefined && { name }),
  fields,
});

const syncOf = ({
  mode,
  prune,
  drift,
  ignore,
}: ApplicationShape['spec']['sync']): ApplicationSpec['sync'] => ({
  mode,
  prune,
  // Absent says detect.
  ...(drift === 'heal' && { drift }),
  ...(ignore.length > 0 && { ignore: ignore.map(ruleOf) }),
});

const placementOf = (data: ApplicationShape, place: DeclarationPlace): ApplicationSpec['placement'] => {
  const { clusters, overrides } = data.spec.placement;
  return {
    clusters,
    overrides: overrides.map(({ match, substitute, patches }, index) => ({
      match,
      substitute,
      patches: patches.map(({ patch, target }) => ({ patch, ...(target !== undefined && { target }) })),
      ...overrideValues(data, index, place),
    })),
  };
};

const toSpec = (
  data: ApplicationShape,
  repository: DeclaringRepository,
  place: DeclarationPlace,
): ApplicationSpec => {
  const { metadata, spec } = data;
  const helm = helmOf(data, place);
  return {
    project: spec.project,
    name: metadata.name,
    labels: metadata.labels,
    source: {
      repository: repository.name,
      path: displayPath(resolvePath('', spec.source.path) ?? ''),
      ...(spec.source.artifact && { from: { artifact: spec.source.artifact } }),
    },
    renderer: rendererOf(spec.render),
    ...(helm && { helm }),
    namespace: spec.namespace ?? metadata.name,
    placement: placementOf(data, place),
    sync: syncOf(spec.sync),
    health: { timeoutSeconds: readDuration(spec.health.timeout) ?? 300 },
  };
};

/** Reads one `kind: Application` that stands at a place, every default filled in. */
export const readApplication = (
  value: unknown,
  repository: DeclaringRepository,
  place: DeclarationPlace,
): ReadApplication => {
  const read = applicationShape.safeParse(value);
  if (!read.success) return { faults: describeIssues(applicationShape, value, read.error.issues) };
  const { data } = read;
  const faults = [
    ...checkSource(data.spec, repository),
    ...checkNamespace(data),
    ...checkPatches(data.spec),
    ...checkHelm(data),
    ...artifactFaultsOf(data.spec),
  ];
  return faults.length > 0 ? { faults } : { spec: toSpec(data, repository, place), faults: [] };
};

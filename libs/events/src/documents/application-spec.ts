import { z } from 'zod';

import { labels } from '../shapes.js';
import { artifactSource } from './artifact.js';

/** How a target's manifests are made. `detect` looks at the path: kustomization file, chart, else plain YAML. */
export const renderers = ['detect', 'plain', 'kustomize', 'helm'] as const;
/** Who approves a plan: a rule, a person, or nobody (the plan is only looked at). */
export const syncModes = ['automatic', 'approval', 'observe'] as const;

/** What becomes of drift: it is undone by a plan of the manifests that were applied last, or only recorded. */
export const driftModes = ['heal', 'detect'] as const;

export const selector = z.object({ matchLabels: labels });

export const patch = z.object({
  patch: z.string(),
  target: z
    .object({
      group: z.string().optional(),
      version: z.string().optional(),
      kind: z.string().optional(),
      name: z.string().optional(),
      namespace: z.string().optional(),
    })
    .optional(),
});

/**
 * Values for a chart, later ones over earlier ones: a file of the repository, or what stands in one at a JSON pointer over
 * its documents. Values themselves are never here, because some of them are secrets.
 */
export const valuesLayer = z.object({ file: z.string(), at: z.string().optional() });

/** A chart: a folder of the repository, or an artifact, which is there once it has been resolved. */
export const chartSource = z.union([z.object({ path: z.string() }), artifactSource]);

/** What a Helm chart is rendered with. Paths are of the repository. */
export const helmSpec = z.object({
  chart: chartSource,
  releaseName: z.string(),
  values: z.array(valuesLayer),
});

export const pruneRules = z.object({
  enabled: z.boolean(),
  budget: z.object({ maxObjects: z.int().nonnegative(), maxPercent: z.int().min(0).max(100) }),
});

/**
 * Fields of objects that are left to whoever writes them: no drift, and not written by applies. What is left out of the names fits
 * every object; `fields` are pointers as plans and drift show them (`/spec/replicas`), with what is below.
 */
export const ignoreRule = z.object({
  group: z.string().optional(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string().optional(),
  fields: z.array(z.string()).min(1),
});

/** What makes an object the one that it is, and bears the marks by which Syncline knows it; and what nobody applies. */
const neverIgnored =
  /^\/(apiVersion|kind|metadata(\/(name|namespace|uid|labels|annotations|managedFields))?|status(\/.*)?|metadata\/labels\/applyset\.kubernetes\.io~1.*|metadata\/annotations\/syncline\.dev~1.*)$/;

/** Whether a rule may leave a field (a pointer) to others. */
export const isIgnorable = (field: string): boolean =>
  /^(\/[^/]+)+$/.test(field) && !neverIgnored.test(field);

/** An application as declared in Git, every default filled in. Carried by ApplicationDeclared and ApplicationRevised. */
export const applicationSpec = z.object({
  project: z.string(),
  name: z.string(),
  labels,
  /** `from`: the path is one of an artifact, and not of the repository. */
  source: z.object({ repository: z.string(), path: z.string(), from: artifactSource.optional() }),
  renderer: z.enum(renderers),
  /** There where the declaration names `helm`; a chart that is found at the path is rendered without it. */
  helm: helmSpec.optional(),
  namespace: z.string(),
  placement: z.object({
    clusters: selector,
    overrides: z.array(
      z.object({
        match: selector,
        substitute: labels,
        patches: z.array(patch),
        values: z.array(valuesLayer).optional(),
      }),
    ),
  }),
  /** `drift` is absent where it says `detect`, `ignore` where there is none. */
  sync: z.object({
    mode: z.enum(syncModes),
    prune: pruneRules,
    drift: z.enum(driftModes).optional(),
    ignore: z.array(ignoreRule).optional(),
  }),
  health: z.object({ timeoutSeconds: z.int().positive() }),
});

/** What one target takes from its application: placement resolved, nothing about other clusters. */
export const targetSpec = z.object({
  repository: z.string(),
  path: z.string(),
  from: artifactSource.optional(),
  renderer: z.enum(renderers),
  helm: helmSpec.optional(),
  namespace: z.string(),
  substitute: labels,
  patches: z.array(patch),
  mode: z.enum(syncModes),
  prune: pruneRules,
  /** Absent: `detect`. */
  drift: z.enum(driftModes).optional(),
  ignore: z.array(ignoreRule).optional(),
  healthTimeoutSeconds: z.int().positive(),
});

/**
 * What a revision of a repository declares (blob of ConfigurationAccepted). `affected` says whether the revision
 * changes anything that the application reads; `lineage` holds the paths read and their Git object ids.
 */
export const configurationDocument = z.object({
  version: z.literal(1),
  repository: z.string(),
  revision: z.string(),
  applications: z.array(
    z.object({
      spec: applicationSpec,
      file: z.string(),
      line: z.int().positive(),
      affected: z.boolean(),
      lineage: z.array(z.object({ path: z.string(), oid: z.string() })),
    }),
  ),
});

export type ApplicationSpec = z.infer<typeof applicationSpec>;
export type TargetSpec = z.infer<typeof targetSpec>;
export type ConfigurationDocument = z.infer<typeof configurationDocument>;
export type HelmSpec = z.infer<typeof helmSpec>;
export type ValuesLayer = z.infer<typeof valuesLayer>;
export type PatchSpec = z.infer<typeof patch>;
export type IgnoreRule = z.infer<typeof ignoreRule>;
export type DriftMode = (typeof driftModes)[number];
export type SyncMode = (typeof syncModes)[number];
export type Renderer = (typeof renderers)[number];

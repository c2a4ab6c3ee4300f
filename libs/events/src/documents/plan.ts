import { z } from 'zod';

import { digest, objectName, position } from '../shapes.js';
import { pruneRules } from './application-spec.js';
import { recordedKinds } from './recorded.js';

export const actions = ['create', 'configure', 'unchanged', 'replace', 'adopt', 'takeover', 'prune'] as const;
export const certainties = ['confirmed', 'deferred', 'unproven', 'refused'] as const;

/**
 * One field that an operation changes. `path` is a JSON pointer with list keys in place of indexes where the list
 * has keys (`/spec/template/spec/containers/[name=web]/image`). Values of Secrets are never given.
 */
export const fieldChange = z.object({
  path: z.string(),
  change: z.enum(['added', 'changed', 'removed']),
  from: z.json().optional(),
  to: z.json().optional(),
});

/** Fields that one manager holds. `paths` as those of a {@link fieldChange}. */
export const heldFields = z.object({
  manager: z.string(),
  /** `Apply` or `Update`, as the API server records it. */
  operation: z.string().optional(),
  subresource: z.string().optional(),
  paths: z.array(z.string()),
  /** The last apply of the target had set each of these paths: taking them back undoes drift. */
  ours: z.boolean().optional(),
});

/** Another tool that applied an object before, and the number of fields that it set. */
export const adoptedManager = z.object({
  manager: z.string(),
  operation: z.string(),
  fieldCount: z.int().nonnegative(),
  /** It is not known to be a tool that hands over: what it holds stays its own too. */
  keeps: z.boolean().optional(),
});

/** Why an object is deleted and created anew, what in Git allows it, and what goes with it. */
export const replacement = z.object({
  field: z.string().optional(),
  reason: z.string(),
  allowedBy: z.string(),
  takesAlong: z.string().optional(),
});

/**
 * One operation on a Kubernetes object. `before` and `after` are the digests of docs/architecture.md, `secrets` the
 * HMAC of each value of a Secret afterwards, by field. `reasons` says why the operation needs a person or is refused.
 */
export const kubernetesOperation = z.object({
  kind: z.literal('kubernetes'),
  action: z.enum(actions),
  certainty: z.enum(certainties),
  object: objectName,
  uid: z.string().optional(),
  /** The version that was tried: while the object still has it, nothing needs to be compared before it is written. */
  resourceVersion: z.string().optional(),
  /** The digest of the manifest that was tried, with HMACs in place of Secret values. */
  rendered: digest.optional(),
  before: digest.optional(),
  after: digest.optional(),
  changes: z.array(fieldChange),
  changesOmitted: z.int().positive().optional(),
  /** Fields that the operation takes from others, each by its holder; nothing else is taken. */
  takeovers: z.array(heldFields).optional(),
  /** Fields of the manifest that are left to an autoscaler: they are neither sent nor judged. */
  conceded: z.array(heldFields).optional(),
  /** Whose fields become ours, where the object was applied by another tool. */
  adopts: z.array(adoptedManager).optional(),
  replacement: replacement.optional(),
  secrets: z.record(z.string(), z.string()).optional(),
  refusal: z.object({ code: z.string(), reason: z.string(), field: z.string().optional() }).optional(),
  protectedBecause: z.string().optional(),
});

/** Operations are tagged by kind: another kind of destination adds its own member here. */
export const operation = z.discriminatedUnion('kind', [kubernetesOperation]);

/** Where a plan is carried out, tagged by kind as operations are. */
export const destination = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cluster'), name: z.string() }),
]);

/** What an applier answers to `diff` (as a blob): the operations, and how many objects the target holds now. */
export const diffDocument = z.object({
  version: z.literal(1),
  operations: z.array(operation),
  inventory: z.int().nonnegative(),
  /** `nothing` where no plan has been carried out there, or what was has been let go of since. */
  holds: z.literal('nothing').optional(),
});

/** In what a plan from the record differs from the deployment that it repeats. */
export const differences = ['values', 'secrets', 'rules', 'live'] as const;

/**
 * Where a plan comes from that repeats what the record holds: the deployment, and in sentences what differs from it. `omitted`
 * counts differences that are not listed.
 */
export const planOrigin = z.object({
  kind: z.enum(recordedKinds),
  plan: digest,
  cluster: z.string(),
  differences: z.array(z.object({ about: z.enum(differences), sentence: z.string() })),
  omitted: z.int().positive().optional(),
});

/**
 * The exact operations that take a target from its live state to a revision. Its identity is the SHA-256 of its
 * canonical JSON (RFC 8785). `cause` is the position of the PlanRequested that led to it, so that going A, B, A, B
 * does not find an old approval. `render` is the digest of the manifests with Secret values as references.
 */
export const planDocument = z.object({
  version: z.literal(1),
  project: z.string(),
  application: z.string(),
  destination,
  repository: z.string(),
  revision: z.string(),
  cause: position,
  render: digest,
  namespace: z.string(),
  predicted: z.boolean(),
  operations: z.array(operation),
  prune: pruneRules,
  inventory: z.int().nonnegative(),
  policies: digest,
  from: planOrigin.optional(),
});

export type Action = (typeof actions)[number];
export type Certainty = (typeof certainties)[number];
export type HeldFields = z.infer<typeof heldFields>;
export type AdoptedManager = z.infer<typeof adoptedManager>;
export type Replacement = z.infer<typeof replacement>;
export type FieldChange = z.infer<typeof fieldChange>;
export type KubernetesOperation = z.infer<typeof kubernetesOperation>;
export type Operation = z.infer<typeof operation>;
export type Destination = z.infer<typeof destination>;
export type DiffDocument = z.infer<typeof diffDocument>;
export type PlanOrigin = z.infer<typeof planOrigin>;
export type PlanDocument = z.infer<typeof planDocument>;

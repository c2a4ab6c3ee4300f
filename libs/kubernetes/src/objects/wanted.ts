import type { Manifest, ObjectName } from '@syncline/events';

import type { Capabilities, ServedResource, TargetManifests } from '../cluster-client.js';
import { ignoresOf } from '../fields/ignored.js';
import { findResource } from '../discovery/resource-path.js';
import { groupOf, identityOf, nameOf, without, type KubeObject } from './kube-object.js';
import { mark } from './marks.js';
import { isSecret, secretHmacs } from './secret-veil.js';

/** Why an object cannot be planned, before the cluster is asked. */
export type Refusal = { readonly code: string; readonly reason: string; readonly field?: string };

/** One object that a target wants, as it is sent: namespace, marks and values of Secrets filled in. */
export type Wanted = {
  readonly object: ObjectName;
  readonly body: KubeObject;
  /** Undefined while the kind is not served. */
  readonly resource?: ServedResource;
  /** The CRD of this plan that brings the kind. */
  readonly definition?: KubeObject;
  /** HMACs of a Secret's values by field. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** The namespace of the application itself, which no manifest declares: created when absent, left alone otherwise. */
  readonly isImplicit?: boolean;
  readonly refusal?: Refusal;
  /** Fields that the application's manifest leaves to others, as pointers. */
  readonly ignores?: readonly string[];
};

const reference = /^syncline-secret:([0-9a-f]{64})$/;

type Revealed = { readonly data: Record<string, string>; readonly missing?: string };

const reveal = (data: Readonly<Record<string, unknown>>, secrets: ReadonlyMap<string, string>): Revealed => {
  const revealed: Record<string, string> = {};
  let missing: string | undefined;
  for (const [key, value] of Object.entries(data)) {
    const hex = typeof value === 'string' ? reference.exec(value)?.[1] : undefined;
    const base64 = hex === undefined ? String(value) : secrets.get(hex);
    if (base64 === undefined) missing ??= key;
    else revealed[key] = base64;
  }
  return { data: revealed, ...(missing !== undefined && { missing }) };
};

/** `stringData` folded into `data`: the server writes the data but records ownership for stringData. */
const foldStringData = (secret: KubeObject): KubeObject => {
  const { stringData, ...rest } = secret as KubeObject & { stringData?: Record<string, string> };
  if (stringData === undefined) return secret;
  const encode = (value: string): string =>
    reference.test(value) ? value : Buffer.from(value).toString('base64');
  const folded = Object.fromEntries(Object.entries(stringData).map(([key, value]) => [key, encode(value)]));
  return { ...rest, data: { ...(secret.data as object | undefined), ...folded } };
};

type Definition = {
  readonly body: KubeObject;
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
  readonly namespaced: boolean;
};

/** What a CustomResourceDefinition among the objects will serve. */
const definitionOf = (body: KubeObject): Definition | undefined => {
  if (groupOf(body.apiVersion) !== 'apiextensions.k8s.io' || body.kind !== 'CustomResourceDefinition')
    return undefined;
  const spec = body.spec as
    | {
        group?: string;
        scope?: string;
        names?: { kind?: string };
        versions?: { name: string; served?: boolean }[];
      }
    | undefined;
  return {
    body,
    group: spec?.group ?? '',
    kind: spec?.names?.kind ?? '',
    namespaced: spec?.scope === 'Namespaced',
    versions: (spec?.versions ?? []).filter(({ served }) => served !== false).map(({ name }) => name),
  };
};

const hook = ['helm.sh/hook', 'argocd.argoproj.io/hook'] as const;

const whyRefused = (body: KubeObject): Refusal | undefined => {
  const { metadata } = body;
  if (metadata.generateName !== undefined)
    return {
      code: 'generate-name',
      reason: 'generateName is for hooks; give the object a name',
      field: '/metadata/generateName',
    };
  if (!metadata.name)
    return { code: 'name-missing', reason: 'the object has no name', field: '/metadata/name' };
  const named = hook.find((annotation) => metadata.annotations?.[annotation] !== undefined);
  return (
    named && {
      code: 'hook-unsupported',
      reason: `hooks (${named}) are not carried out by this version`,
      field: `/metadata/annotations/${named.replaceAll('/', '~1')}`,
    }
  );
};

/** Prepares what a target wants. Pure: what the server has to say comes later. */
export const prepare = (
  target: TargetManifests,
  capabilities: Pick<Capabilities, 'resources'>,
  hmacKey: Uint8Array,
): Wanted[] => {
  const bodies = target.objects.map(toBody);
  const definitions = bodies.flatMap((body) => definitionOf(body) ?? []);
  const wanted = bodies.map((body) => prepareOne(body, target, capabilities, definitions, hmacKey));
  const seen = new Set<string>();
  const once = wanted.map((one) => {
    const identity = identityOf(one.object);
    const isFirst = !seen.has(identity);
    seen.add(identity);
    if (isFirst) return one;
    return { ...one, refusal: { code: 'duplicate-object', reason: 'the object is declared twice' } };
  });
  return [...implicitNamespace(target, once, capabilities), ...once];
};

const toBody = (manifest: Manifest): KubeObject => {
  const metadata = (manifest.metadata ?? {}) as KubeObject['metadata'];
  const { apiVersion, kind } = manifest;
  return {
    ...without(manifest, 'status'),
    apiVersion: typeof apiVersion === 'string' ? apiVersion : '',
    kind: typeof kind === 'string' ? kind : '',
    metadata,
  };
};

const place = (body: KubeObject, namespaced: boolean, namespace: string): KubeObject => {
  const { namespace: named, ...metadata } = body.metadata;
  return { ...body, metadata: { ...metadata, ...(namespaced && { namespace: named ?? namespace }) } };
};

const prepareOne = (
  manifest: KubeObject,
  target: TargetManifests,
  capabilities: Pick<Capabilities, 'resources'>,
  definitions: readonly Definition[],
  hmacKey: Uint8Array,
): Wanted => {
  const resource = findResource(capabilities, manifest);
  const definition = definitions.find(
    ({ group, kind, versions }) =>
      kind === manifest.kind && versions.some((version) => `${group}/${version}` === manifest.apiVersion),
  );
  const namespaced = resource?.namespaced ?? definition?.namespaced ?? true;
  const placed = mark(place(manifest, namespaced, target.namespace), target);
  const refusal = whyRefused(manifest);
  const ignores = ignoresOf(target.ignore ?? [], nameOf(placed));
  const common = {
    object: nameOf(placed),
    ...(ignores.length > 0 && { ignores }),
    ...(resource && { resource }),
    ...(definition && { definition: definition.body }),
    ...(refusal && { refusal }),
  };
  if (!isSecret(placed)) return { ...common, body: placed };
  const folded = foldStringData(placed);
  const { data, missing } = reveal(
    (folded.data as Record<string, unknown> | undefined) ?? {},
    target.secrets,
  );
  const body = folded.data === undefined ? folded : { ...folded, data };
  const lost = {
    code: 'secret-missing',
    reason: `the value of ${missing} is not to be had`,
    field: `/data/${missing}`,
  };
  return {
    ...common,
    body,
    secrets: secretHmacs(hmacKey, body),
    ...(missing !== undefined && { refusal: lost }),
  };
};

const implicitNamespace = (
  target: TargetManifests,
  wanted: readonly Wanted[],
  capabilities: Pick<Capabilities, 'resources'>,
): Wanted[] => {
  const isUsed = wanted.some(({ object }) => object.namespace === target.namespace);
  const isDeclared = wanted.some(
    ({ object }) =>
      object.apiVersion === 'v1' && object.kind === 'Namespace' && object.name === target.namespace,
  );
  if (!isUsed || isDeclared) return [];
  const body = mark({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: target.namespace } }, target);
  const resource = findResource(capabilities, body);
  return [{ object: nameOf(body), body, isImplicit: true, ...(resource && { resource }) }];
};

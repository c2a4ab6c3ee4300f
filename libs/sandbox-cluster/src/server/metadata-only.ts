import type { KubeObject } from '../schemas/kube-object.js';
import { refuse, type Answer } from './answer.js';
import type { Call } from './call.js';

type Form = {
  readonly kind: 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  readonly version: string;
};
type Listed = { readonly metadata: object; readonly items: readonly KubeObject[] };

/** The form without spec and status in which a client wants what it asks for (meta/v1 PartialObjectMetadata), if it does. */
const formOf = (accept: string): Form | undefined => {
  const kind = /;\s*as=(PartialObjectMetadata(?:List)?)(?=[;,\s]|$)/.exec(accept)?.[1];
  if (kind !== 'PartialObjectMetadata' && kind !== 'PartialObjectMetadataList') return undefined;
  return { kind, version: /;\s*v=(v1beta1)\b/.exec(accept)?.[1] ?? 'v1' };
};

const partial = ({ metadata }: Pick<KubeObject, 'metadata'>, version: string): object => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});

/** Whether a client wants metadata alone. */
export const wantsMetadata = (accept: string): boolean => formOf(accept) !== undefined;

/** An object without all but its metadata, in the version of the form that is asked for. */
export const metadataOf = ({ accept }: Pick<Call, 'accept'>, object: Pick<KubeObject, 'metadata'>): object =>
  partial(object, formOf(accept)?.version ?? 'v1');

const notAcceptable = (asked: string, is: string): never =>
  refuse(406, 'NotAcceptable', `you requested ${asked}, but the requested object is ${is}`);

/** An answer in the form that was asked for; refused where a list is asked for as an object, or an object as a list. */
export const inAskedForm = ({ accept }: Call, answer: Answer): Answer => {
  const form = formOf(accept);
  if (!form || !('body' in answer) || answer.code >= 300) return answer;
  const body = answer.body as KubeObject | Listed;
  if ('kind' in body && body.kind === 'Status') return answer;
  if ('items' in body) {
    if (form.kind === 'PartialObjectMetadata') notAcceptable(form.kind, 'a list');
    const items = (body as Listed).items.map((item) => partial(item, form.version));
    const named = { kind: form.kind, apiVersion: `meta.k8s.io/${form.version}` };
    // The empty list of this form is none at all.
    return { ...answer, body: { ...named, metadata: body.metadata, items: items.length > 0 ? items : null } };
  }
  if (form.kind === 'PartialObjectMetadataList') notAcceptable(form.kind, 'not a list');
  return { ...answer, body: partial(body, form.version) };
};

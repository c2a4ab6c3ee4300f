import type { NamedObject } from '../manifests/fields.js';

/** An object as people name it: `KIND/NAME` or `KIND/NAMESPACE/NAME`, the kind in any case. */
export type ObjectAsked = {
  readonly text: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
  readonly name: string;
};

/** Reads it; undefined where it is no such text. */
export const objectAsked = (text: string): ObjectAsked | undefined => {
  const [kind = '', ...rest] = text.split('/');
  const [first = '', second] = rest;
  if (kind === '' || rest.length < 1 || rest.length > 2 || rest.includes('')) return undefined;
  return second === undefined ? { text, kind, name: first } : { text, kind, namespace: first, name: second };
};

/** Whether an object is the one that is asked for. */
export const isNamed = (asked: ObjectAsked, { kind, namespace, name }: NamedObject): boolean =>
  asked.kind.toLowerCase() === kind.toLowerCase() &&
  asked.name === name &&
  (asked.namespace === undefined || asked.namespace === namespace);

/** A field as people write it (`spec.template.spec.containers[name=web].image`) as the pointer that plans have. */
export const fieldPath = (text: string): string => {
  if (text.startsWith('/')) return text;
  const steps = text.replace(/^\./, '').match(/\[[^\]]*\]|[^.[]+/g) ?? [];
  const plain = steps.map((step) => (/^\[[^=]*\]$/.test(step) ? step.slice(1, -1) : step));
  return plain.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
};

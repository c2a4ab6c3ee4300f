import type { KubeObject } from '../schemas/kube-object.js';
import { refuse } from './answer.js';

/** Whether an object is among those asked for. */
export type Selects = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

const named = /^[\w./-]+$/;

const inSet = (term: string): ((labels: Labels) => boolean) | undefined => {
  const [, key = '', word, list = ''] = /^\s*([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)\s*$/.exec(term) ?? [];
  if (word === undefined) return undefined;
  const values = list.split(',').map((one) => one.trim());
  return (labels) => {
    const value = labels[key];
    return word === 'in'
      ? value !== undefined && values.includes(value)
      : value === undefined || !values.includes(value);
  };
};

const requirement = (term: string): ((labels: Labels) => boolean) => {
  const set = inSet(term);
  if (set) return set;
  const [, key = '', operator, value = ''] = /^\s*([^=!\s]+)\s*(==|=|!=)\s*([^=!\s]*)\s*$/.exec(term) ?? [];
  if (operator !== undefined && named.test(key))
    return (labels) => (operator === '!=' ? labels[key] !== value : labels[key] === value);
  const plain = term.trim();
  const isAbsent = plain.startsWith('!');
  const wanted = isAbsent ? plain.slice(1) : plain;
  if (!named.test(wanted)) refuse(400, 'BadRequest', `unable to parse requirement: ${plain}`);
  return (labels) => wanted in labels !== isAbsent;
};

/** Reads a `labelSelector`: equality, sets, existence. */
export const labelsSelected = (selector: string): Selects => {
  const terms = selector.split(/,(?![^(]*\))/).filter((term) => term.trim() !== '');
  const requirements = terms.map(requirement);
  return ({ metadata }) => requirements.every((matches) => matches(metadata.labels ?? {}));
};

const fieldText = (object: KubeObject, path: string): string => {
  const value = path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], object);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : '';
};

/** Reads a `fieldSelector`, by any field that holds plain text. */
export const fieldsSelected = (selector: string): Selects => {
  const terms = selector.split(',').filter((term) => term !== '');
  const requirements = terms.map((term) => {
    const [, path, operator, value] = /^([\w.]+)(==|=|!=)(.*)$/.exec(term) ?? [];
    if (path === undefined) refuse(400, 'BadRequest', `unable to parse field selector: ${term}`);
    return (object: KubeObject): boolean => (fieldText(object, path ?? '') === value) === (operator !== '!=');
  });
  return (object) => requirements.every((matches) => matches(object));
};

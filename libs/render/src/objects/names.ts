import { isName, isNamespace } from '../configuration/names.js';
import { groupOf, metadataOf, textOf, type Mapping } from './rendering.js';

/** Kubernetes' own groups whose objects are all named by DNS-1123 subdomains (Roles and their bindings are not). */
const strictGroups = new Set([
  '', 'apps', 'autoscaling', 'batch', 'policy', 'apiextensions.k8s.io', 'coordination.k8s.io', 'discovery.k8s.io',
  'networking.k8s.io', 'scheduling.k8s.io', 'storage.k8s.io',
]); // prettier-ignore

const longestName = 253;

/** A name that can stand in a URL of the API server (ValidatePathSegmentName), of a length that it takes. */
const isPathSegment = (name: string): boolean =>
  name !== '.' && name !== '..' && name.length <= longestName && !/[/%\u0000-\u001f\u007f-\u009f]/.test(name); // eslint-disable-line no-control-regex

/** A kind as a CustomResourceDefinition may have it: a DNS-1035 label, if it were written small. */
const isKind = (kind: string): boolean => /^[A-Za-z](?:[-A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(kind);

const isApiVersion = (apiVersion: string): boolean => {
  const [version = '', group, ...rest] = apiVersion.split('/').reverse();
  return rest.length === 0 && isNamespace(version) && (group === undefined || isName(group));
};

/** A text as it can stand in a message: short, and on one line. */
const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);

/**
 * What of an object's identity no API server takes; undefined where nothing is wrong. It becomes part of URLs, of subjects and of
 * what people read, so it is refused here, where file and line are known, and not by the cluster alone.
 */
export const identityFault = (object: Mapping): string | undefined => {
  const { namespace } = metadataOf(object);
  const [apiVersion, kind] = [textOf(object, 'apiVersion'), textOf(object, 'kind')];
  const name = textOf(metadataOf(object), 'name');
  if (!isApiVersion(apiVersion)) return `has an apiVersion that is none: ${quoted(apiVersion)}`;
  if (!isKind(kind)) return `has a kind that is none: ${quoted(kind)}`;
  if (namespace !== undefined && (typeof namespace !== 'string' || !isNamespace(namespace)))
    return 'has a metadata.namespace that is no name';
  if (name.length > longestName) return `has a metadata.name of more than ${longestName} characters`;
  const isFit = strictGroups.has(groupOf(object)) ? isName(name) : isPathSegment(name);
  return isFit ? undefined : `has a metadata.name that is no name of an object: ${quoted(name)}`;
};

import type { KubernetesOperation, ObjectName } from '@syncline/events';

import type { KubernetesError } from '../kubernetes-error.js';
import { formatObject } from '../kubernetes-error.js';
import type { KubeObject } from '../objects/kube-object.js';
import { otherOwner, type Owner } from '../objects/marks.js';
import type { Refusal } from '../objects/wanted.js';
import { isNeverReplaced, replaceAnnotation } from './replacing.js';

/** The part of an operation that says why it is not carried out. */
export type Refused = Pick<KubernetesOperation, 'action' | 'certainty' | 'refusal'>;

/** Why a live object is another application's; undefined where it is not. */
export const refuseOther = (live: KubeObject, owner: Owner): Refused | undefined => {
  const other = otherOwner(live, owner);
  if (other === undefined) return undefined;
  const reason = `it belongs to application ${other}; remove it there first`;
  return { action: 'takeover', certainty: 'refused', refusal: { code: 'owned-by-application', reason } };
};

/** An adoption that cannot be now. */
export const refuseAdoption = (refusal: Refusal): Refused => ({
  action: 'adopt',
  certainty: 'refused',
  refusal: { ...refusal },
});

/** What whoever reads the refusal can do about it. */
const adviceOf = ({ code, details: { field } }: KubernetesError, object: ObjectName): string | undefined => {
  switch (code) {
    case 'conflict-version': return 'it changes faster than it can be looked at; syncline retry looks again';
    case 'conflict-exists': case 'uid-mismatch': return 'somebody made it anew just now; syncline retry looks again';
    case 'conflict-field-manager': return 'others hold fields of it and take them again at once; let them give these up';
    case 'namespace-terminating': return `namespace ${object.namespace ?? ''} is being deleted; wait until it is gone, or give the application another one`;
    case 'schema': case 'invalid': return `correct ${field ?? 'the manifest'} in Git`;
    case 'immutable': return isNeverReplaced(object)
      ? `objects of kind ${object.kind} are never replaced; take the change back, or give it another name`
      : `annotate it in Git with ${replaceAnnotation} to have it deleted and created anew, or take the change back`;
    default: return undefined;
  } // prettier-ignore
};

const longestMessage = 250;

/** What the server says; where it prints whole values of immutable fields, the field alone. */
export const pointOf = ({ code, message, details: { field = 'a field' } }: KubernetesError): string =>
  code === 'immutable' && message.length > longestMessage
    ? `${field} cannot be changed while the object is there`
    : message.replace(/[.;\s]+$/, '');

/** What the refusal of a dry run means for the plan. */
export const refuseByServer = (error: KubernetesError, object: ObjectName, isThere: boolean): Refused => {
  const { code, details } = error;
  const advice = adviceOf(error, object);
  const action = code === 'immutable' ? 'replace' : isThere ? 'configure' : 'create';
  const reason = advice === undefined ? error.message : `${pointOf(error)}; ${advice}`;
  const field = details.field !== undefined && { field: details.field };
  return { action, certainty: 'refused', refusal: { code, reason, ...field } };
};

/** A refusal of the plan as a sentence about the object, for an apply that meets it. */
export const sentenceOf = (operation: Pick<KubernetesOperation, 'object' | 'refusal'>): string =>
  operation.refusal?.reason.startsWith(formatObject(operation.object)) === true
    ? operation.refusal.reason
    : `${formatObject(operation.object)}: ${operation.refusal?.reason ?? 'refused'}`;

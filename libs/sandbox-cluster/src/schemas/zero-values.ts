import type { Json } from '@syncline/kernel';

/** Strings that are pointers in the server's types: an empty one says something. */
const keptStrings = new Set(['storageClassName', 'ingressClassName', 'volumeAttributesClassName', 'service']);

/** Numbers and booleans that are no pointers there: zero and false are the same as absent. */
const omittedScalars = new Set([
  'initialDelaySeconds', 'hostPort', 'nodePort', 'minReadySeconds', 'healthCheckNodePort', 'generation',
  'observedGeneration', 'readyReplicas', 'availableReplicas', 'unavailableReplicas', 'updatedReplicas', 'currentReplicas',
  'fullyLabeledReplicas', 'active', 'succeeded', 'failed', 'hostNetwork', 'hostPID', 'hostIPC', 'paused', 'stdin',
  'stdinOnce', 'tty', 'readOnly', 'publishNotReadyAddresses', 'unschedulable',
]); // prettier-ignore

/** Whether the server's types cannot tell a field with this value from an absent one. */
export const isZeroOmitted = (name: string, value: Json): boolean => {
  if (value === '') return !keptStrings.has(name);
  return (value === 0 || value === false) && omittedScalars.has(name);
};

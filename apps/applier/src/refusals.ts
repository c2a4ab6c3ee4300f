import { CommandRefused, isCommandRefused } from '@syncline/kernel';
import { isKubernetesError } from '@syncline/kubernetes';

/** What whoever asked may be told as a refusal; undefined for an error of our own. */
export const refusalOf = (error: unknown): CommandRefused | undefined => {
  if (isCommandRefused(error)) return error;
  if (!isKubernetesError(error)) return undefined;
  return new CommandRefused(error.retryable ? 'cluster-unreachable' : error.code, error.message);
};

/** What is said to whoever asks while a cluster is let go. */
export const closing = (cluster: string): CommandRefused =>
  new CommandRefused('cluster-unreachable', `The applier is letting go of ${cluster}; ask again.`);

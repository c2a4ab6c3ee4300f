import { CommandRefused } from '@syncline/kernel';

import type { ApiClient } from '../client/api-client.js';
import { recipients, written } from '../client/contract.js';
import { sealCredential } from '../client/seal-credential.js';

/** A cluster to be registered; `kubeconfig` is one context, whole. */
export type ClusterRegistration = {
  readonly cluster: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kubeconfig: string;
  readonly applier?: string;
};

/** Seals the kubeconfig to the applier that will use it, and registers the cluster. Gives the position. */
export const registerCluster = async (api: ApiClient, registration: ClusterRegistration): Promise<string> => {
  const { cluster, labels, kubeconfig, applier = 'hub' } = registration;
  const { appliers } = await api.get('/v1/recipients', recipients);
  const recipient = appliers[applier];
  if (recipient === undefined) {
    throw new CommandRefused(
      'no-such-applier',
      `There is no applier ${applier}. There is: ${Object.keys(appliers).join(', ')}.`,
    );
  }
  const credential = await sealCredential(kubeconfig, recipient);
  return (await api.post('/v1/clusters', { cluster, labels, applier, credential }, written)).position;
};

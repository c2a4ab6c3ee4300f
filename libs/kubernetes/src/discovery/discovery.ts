import { digestOf } from '@syncline/kernel';

import type { Capabilities, ServedResource } from '../cluster-client.js';
import { patiently } from '../connection/patience.js';
import type { Transport } from '../connection/transport.js';

type DiscoveredResource = {
  readonly resource: string;
  readonly responseKind?: { readonly kind?: string };
  readonly scope?: string;
  readonly verbs?: readonly string[];
};
type DiscoveredGroup = {
  readonly metadata?: { readonly name?: string };
  readonly versions?: readonly {
    readonly version: string;
    readonly resources?: readonly DiscoveredResource[];
  }[];
};
type Discovered = { readonly items?: readonly DiscoveredGroup[] };

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

const resourcesOf = (group: DiscoveredGroup): readonly ServedResource[] =>
  (group.versions ?? []).flatMap(({ version, resources = [] }) =>
    resources.map(({ resource, responseKind, scope }) => ({
      group: group.metadata?.name ?? '',
      version,
      kind: responseKind?.kind ?? '',
      plural: resource,
      namespaced: scope === 'Namespaced',
    })),
  );

const order = ({ group, version, plural }: ServedResource): string => `${group}/${version}/${plural}`;

/** What an API server serves, by aggregated discovery (KEP-3352): two requests whatever the number of groups. */
export const discover = async (transport: Transport, signal?: AbortSignal): Promise<Capabilities> => {
  const get = <Answer>(path: string, accept?: string): Promise<Answer> =>
    patiently(
      () =>
        transport.request<Answer>({ method: 'GET', path, signal, ...(accept !== undefined && { accept }) }),
      signal,
    );
  const [{ gitVersion }, core, groups] = await Promise.all([
    get<{ gitVersion: string }>('/version'),
    get<Discovered>('/api', aggregated),
    get<Discovered>('/apis', aggregated),
  ]);
  const resources = [...(core.items ?? []), ...(groups.items ?? [])]
    .flatMap(resourcesOf)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1));
  return { kubernetesVersion: gitVersion, resources, digest: digestOf({ gitVersion, resources }) };
};

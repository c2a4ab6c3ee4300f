import type { RegistryEvent } from '@syncline/events';
import { canonicalJson, type Aggregate, type Decider } from '@syncline/kernel';

/** How what lies below an address may be read. */
export type Registry = RegistryEvent['data'];

/** One registration; none before the first. */
export type RegistryState = { readonly registered?: Registry };

/** Without a credential, a known one stays as long as the address is the same. */
export type RegistryCommand = { readonly type: 'register'; readonly data: Registry };

const decide = ({ registered }: RegistryState, { data }: RegistryCommand): readonly RegistryEvent[] => {
  const credential = data.credential ?? (registered?.url === data.url ? registered.credential : undefined);
  const next = { ...data, ...(credential && { credential }) };
  const isKnown = registered !== undefined && canonicalJson(registered) === canonicalJson(next);
  return isKnown ? [] : [{ type: 'RegistryRegistered', data: next }];
};

const decider: Decider<RegistryState, RegistryCommand, RegistryEvent> = {
  initial: {},
  decide,
  evolve: (_, event) => ({ registered: event.data }),
};

/** `ev.registry.<registry>`: a Helm repository or OCI registry that is not open to everybody, or not encrypted. */
export const registryAggregate: Aggregate<RegistryState, RegistryCommand, RegistryEvent> = {
  name: 'registry',
  version: 1,
  decider,
};

/** Whether an address lies at or below another one, by whole names. */
const isBelow = (url: string, above: string): boolean => {
  const stem = above.replace(/\/+$/, '');
  return url === stem || url.startsWith(`${stem}/`);
};

/** The registration for an address: of those that it lies below, the nearest. A credential is for nothing else. */
export const registryFor = (url: string, registries: readonly Registry[]): Registry | undefined =>
  registries
    .filter((each) => isBelow(url, each.url))
    .reduce<Registry | undefined>(
      (best, each) => (best === undefined || each.url.length > best.url.length ? each : best),
      undefined,
    );

import { CommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';
import { written } from '../client/contract.js';

const hostKey = z.object({ type: z.string(), fingerprint: z.string() });
const hostKeys = written.extend({ shown: z.array(hostKey), trusted: z.array(hostKey) });

/** The keys that a repository's SSH host shows, and those that are trusted. */
export type HostKeys = z.infer<typeof hostKeys>;

/** Which of the keys that the host shows are to be trusted: those with these fingerprints, or all of them. */
export type Trusting = { readonly fingerprints?: readonly string[]; readonly all?: boolean };

/** Asks git-watcher which keys the host shows, and has those recorded that are to be trusted. */
export const trustHost = async (
  api: ApiClient,
  name: string,
  { fingerprints = [], all = false }: Trusting,
): Promise<HostKeys> => {
  if (all && fingerprints.length > 0)
    throw new CommandRefused('usage', 'Give --fingerprint or --yes, not both.');
  const path = `/v1/repositories/${encodeURIComponent(name)}/host-keys`;
  const found = await api.get(path, hostKeys);
  const wanted = all ? found.shown.map(({ fingerprint }) => fingerprint) : fingerprints;
  return wanted.length === 0 ? found : api.post(path, { fingerprints: wanted }, hostKeys);
};

/** What is to be said of a host's keys: each with whether it is trusted, and how to trust them. */
export const hostKeysText = (name: string, { shown, trusted }: HostKeys): string => {
  const isTrusted = ({ fingerprint }: { readonly fingerprint: string }): boolean =>
    trusted.some((one) => one.fingerprint === fingerprint);
  const gone = trusted.filter((one) => !shown.some(({ fingerprint }) => fingerprint === one.fingerprint));
  const lines = [
    ...shown.map((one) => `${one.fingerprint}  ${one.type}  ${isTrusted(one) ? 'trusted' : 'not trusted'}`),
    ...gone.map((one) => `${one.fingerprint}  ${one.type}  trusted, but no longer shown`),
  ];
  if (shown.some(isTrusted)) return lines.join('\n');
  const how = `Compare with what the host's owner publishes, then: syncline repo trust ${name} --fingerprint ${shown[0]?.fingerprint ?? 'SHA256:…'}`;
  return [...lines, how].join('\n');
};

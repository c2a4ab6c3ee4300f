import { z } from 'zod';

/** Clusters of an applier that it reaches through one account; `access` where that is not the one it starts with. */
export type Share = {
  readonly clusters: readonly string[];
  readonly access?: { readonly account: string; readonly token: string };
};

/**
 * How many clusters one account has the rights to. A server checks each of an account's imports against every other one when
 * the account changes, and takes no account of more than a megabyte: 32 clusters take 0.1 s and 90 kB, 300 half a minute.
 */
export const clustersPerAccount = 32;

/**
 * Spreads clusters over an applier's accounts, the first of which it starts with: who has an account keeps it, who is new
 * goes where there is room. `left` are those for which further accounts are needed, as many as fit in each.
 */
export const spread = (
  shares: readonly Share[],
  wanted: readonly string[],
  room = clustersPerAccount,
): { readonly shares: readonly Share[]; readonly left: readonly (readonly string[])[] } => {
  const isWanted = new Set(wanted);
  const kept = (shares.length === 0 ? [{ clusters: [] }] : shares).map((share) => ({
    ...share,
    clusters: share.clusters.filter((cluster) => isWanted.has(cluster)),
  }));
  const placed = new Set(kept.flatMap(({ clusters }) => clusters));
  const homeless = [...isWanted].filter((cluster) => !placed.has(cluster)).sort();
  const filled = kept.map((share) => {
    const more = homeless.splice(0, Math.max(0, room - share.clusters.length));
    return { ...share, clusters: [...share.clusters, ...more].sort() };
  });
  const left: string[][] = [];
  while (homeless.length > 0) left.push(homeless.splice(0, room));
  return { shares: filled, left };
};

const share = z.object({ account: z.string(), token: z.string(), clusters: z.array(z.string()) });
const list = z.array(z.string());
const lists = z.object({ clusters: list, more: z.array(share) });
const stored = z.union([list.transform((clusters) => ({ clusters, more: [] })), lists]);

/** What an applier's entry of the list of served clusters says. */
export const decodeShares = (text: string): readonly Share[] => {
  const { clusters, more } = stored.parse(JSON.parse(text));
  return [
    { clusters },
    ...more.map(({ account, token, clusters: others }) => ({ clusters: others, access: { account, token } })),
  ];
};

/** A plain list where one account does for all. */
export const encodeShares = ([own = { clusters: [] }, ...more]: readonly Share[]): string =>
  JSON.stringify(
    more.length === 0
      ? own.clusters
      : { clusters: own.clusters, more: more.map(({ access, clusters }) => ({ ...access, clusters })) },
  );

/** All clusters of all shares. */
export const clustersOf = (shares: readonly Share[]): readonly string[] =>
  shares.flatMap(({ clusters }) => clusters).sort();

import type { Resource } from '@syncline/events';

import type { EventSheets } from './event-sheets.js';
import type { Node } from './node.js';

export const mostResources = 500;
export const mostMissing = 100;
export const mostNotes = 20;
const mostCharacters = 300;
/** Of words and events; with the names it stays below what a message holds, which is a megabyte. */
const mostWords = 512 * 1024;

/** A text of the cluster's, no longer than is read. */
export const cut = (text: string): string =>
  text.length > mostCharacters ? `${text.slice(0, mostCharacters - 1)}…` : text;

/** The nodes that an answer has room for: owners before what they own, and among these first what is not well. */
export const withinRoom = (nodes: readonly Node[]): readonly Node[] => {
  if (nodes.length <= mostResources) return nodes;
  const byUid = new Map(nodes.map((node) => [node.uid, node]));
  const depthOf = ({ owner }: Node): number => {
    const above = owner === undefined ? undefined : byUid.get(owner);
    return above ? 1 + depthOf(above) : 0;
  };
  const ranked = nodes
    .map((node) => ({ node, depth: depthOf(node), isWell: node.health === 'Current' }))
    .sort((a, b) => a.depth - b.depth || Number(a.isWell) - Number(b.isWell));
  const room = new Set(ranked.slice(0, mostResources).map(({ node }) => node));
  return nodes.filter((node) => room.has(node));
};

/** The nodes as they are told, with their events; without words where these would be too many for one message. */
export const describe = (nodes: readonly Node[], sheets: Pick<EventSheets, 'of'>): Resource[] => {
  let words = 0;
  return nodes.map((node) => {
    const { key, message, ...named } = node;
    const said = {
      ...(message !== undefined && { message: cut(message) }),
      events: [...sheets.of(key)],
    };
    words += Buffer.byteLength(JSON.stringify(said));
    return words <= mostWords ? { ...named, ...said } : { ...named, events: [] };
  });
};

import { expect, it } from 'vitest';

import { describe as describeNodes, mostResources, withinRoom } from './bounded.js';
import type { Node } from './node.js';

const node = (key: string, rest: Partial<Node> = {}): Node => ({
  ...{ key, uid: key, object: { apiVersion: 'v1', kind: 'Pod', namespace: 'n'.repeat(63), name: key } },
  ...{ health: 'Current', ...rest },
});
const many = (count: number, rest: Partial<Node>): Node[] =>
  Array.from({ length: count }, (_, index) => node(`${rest.health}-${index}`, rest));

it('keeps owners before what they own, and what is not well before what is', () => {
  const nodes = [
    node('web'),
    ...many(2, { owner: 'web', health: 'Current' }),
    ...many(mostResources, { owner: 'web', health: 'Failed' }),
  ];
  const kept = withinRoom(nodes);
  expect(kept).toHaveLength(mostResources);
  expect(kept[0]?.key).toBe('web');
  expect(kept.filter(({ health }) => health === 'Failed')).toHaveLength(mostResources - 1);
});

it('stays far below a megabyte, whatever the cluster says', () => {
  const message = '"\u{1F4A5}'.repeat(400);
  const event = { type: 'Warning', reason: message, message, count: 1, lastSeen: '2026-01-01T00:00:00Z' };
  const nodes = many(mostResources, { health: 'Failed', message });
  const all = describeNodes(nodes, { of: () => [event, event, event] });
  expect(all).toHaveLength(mostResources);
  expect(all[0]?.events).toHaveLength(3);
  expect(all.at(-1)?.events).toEqual([]);
  expect(Buffer.byteLength(JSON.stringify(all))).toBeLessThan(900_000);
});

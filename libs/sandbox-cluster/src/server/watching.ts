import type { ServerResponse } from 'node:http';

import type { KubeObject } from '../schemas/kube-object.js';
import type { Change } from '../storage/object-store.js';
import { failure } from './answer.js';
import { selectorOf, type Call } from './call.js';
import { metadataOf, wantsMetadata } from './metadata-only.js';
import { inVersion } from './reading.js';
import { tableOf, wantsTable } from './table.js';

type Line = { readonly type: string; readonly object: object };

/** An object as this watcher wants to see it. */
const shown = (call: Call, object: KubeObject): object => {
  if (wantsMetadata(call.accept)) return metadataOf(call, object);
  const { resourceVersion } = object.metadata;
  const inAskedVersion = inVersion(call, object);
  return wantsTable(call.accept)
    ? tableOf(call.address.resource, [inAskedVersion], { resourceVersion })
    : inAskedVersion;
};

const bookmarkMs = 30_000;
const longestSeconds = 3600;
/** A watcher that leaves so many bytes more than its beginning unread is cut off: it can list again. */
const mostUnread = 8 * 1024 * 1024;

const expired = failure({
  code: 410,
  reason: 'Expired',
  message: 'The resourceVersion for the provided watch is too old.',
});

const expiredLine: Line = { type: 'ERROR', object: expired.body };

const initialEnd = { annotations: { 'k8s.io/initial-events-end': 'true' } };

const bookmark = (call: Call, version: number, annotations: object = {}): Line => {
  const { resource, apiVersion } = call.address;
  const told = { resourceVersion: String(version), ...annotations };
  if (wantsMetadata(call.accept)) return { type: 'BOOKMARK', object: metadataOf(call, { metadata: told }) };
  const metadata = { creationTimestamp: null, ...told };
  return { type: 'BOOKMARK', object: { kind: resource.kind, apiVersion, metadata } };
};

/** What a change is to someone who watches only some of the objects. */
const lineOf = (call: Call, selects: (object: KubeObject) => boolean, change: Change): Line | undefined => {
  if (change.resource !== call.address.id) return undefined;
  const was = change.before !== undefined && selects(change.before);
  const is = change.type !== 'DELETED' && selects(change.object);
  if (!was && !is) return undefined;
  const type = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
  return { type, object: shown(call, change.object) };
};

/** What a watcher is told first: all objects, or what changed after the version that it knows. */
const beginning = (call: Call, selects: (object: KubeObject) => boolean): readonly Line[] => {
  const { cluster, address, query } = call;
  const asked = query.get('resourceVersion') ?? '';
  if (query.get('sendInitialEvents') === 'true' || asked === '' || asked === '0') {
    const all = cluster.store.list(address.id, address.namespace).filter(selects);
    const lines = all.map((object) => ({ type: 'ADDED', object: shown(call, object) }));
    return query.get('sendInitialEvents') === 'true'
      ? [...lines, bookmark(call, cluster.store.version, initialEnd)]
      : lines;
  }
  const changes = cluster.store.changesAfter(Number(asked));
  if (!changes) return [expiredLine];
  return changes.flatMap((change) => lineOf(call, selects, change) ?? []);
};

/** Answers with a line for each change, until the time that the client gave is over or either side ends. */
export const watch = (call: Call, response: ServerResponse): void => {
  const { cluster, query } = call;
  const selects = selectorOf(call);
  const first = beginning(call, selects);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const write = (line: Line): void => {
    if (!response.writableEnded) response.write(`${JSON.stringify(line)}\n`);
  };
  first.forEach(write);
  const most = response.writableLength + mostUnread;
  const send = (line: Line): void => {
    write(line);
    if (response.writableLength > most) response.destroy();
  };
  if (first.at(-1)?.type === 'ERROR') {
    response.end();
    return;
  }
  const forget = cluster.watches.add(call.address.id, (how) => {
    if (how === 'cut') response.destroy();
    else response.end(`${JSON.stringify(expiredLine)}\n`);
  });
  const stop = cluster.store.onChange((change) => {
    const line = lineOf(call, selects, change);
    if (line) send(line);
  });
  const seconds = Math.min(Number(query.get('timeoutSeconds')) || longestSeconds, longestSeconds);
  const end = setTimeout(() => response.end(), seconds * 1000);
  const bookmarks = setInterval(() => send(bookmark(call, cluster.store.version)), bookmarkMs);
  if (query.get('allowWatchBookmarks') !== 'true') clearInterval(bookmarks);
  response.on('close', () => {
    stop();
    forget();
    clearTimeout(end);
    clearInterval(bookmarks);
  });
};

import type { KubeObject } from '../schemas/kube-object.js';
import { aboutOf } from '../writes/commit.js';
import { refuse, type Answer } from './answer.js';
import { placeOf, selectorOf, type Call } from './call.js';
import { tableOf, wantsTable } from './table.js';

/** The object that a call names; a NotFound where it is not. */
export const liveObject = (call: Call): KubeObject => {
  const { cluster, address } = call;
  const { id, namespace, name = '' } = address;
  return (
    cluster.store.find(id, namespace, name) ??
    refuse(404, 'NotFound', `${id} "${name}" not found`, aboutOf(placeOf(call), name))
  );
};

/** An object in the version of the API that is asked for. */
export const inVersion = ({ address }: Call, object: KubeObject): KubeObject => ({
  ...object,
  apiVersion: address.apiVersion,
});

/** One object. */
export const get = (call: Call): Answer => {
  const object = inVersion(call, liveObject(call));
  const { resourceVersion } = object.metadata;
  const isTable = wantsTable(call.accept);
  return {
    code: 200,
    body: isTable ? tableOf(call.address.resource, [object], { resourceVersion }) : object,
  };
};

type Mark = { readonly version: number; readonly after: string };

const writeMark = (mark: Mark): string => Buffer.from(JSON.stringify(mark)).toString('base64url');

const readMark = (text: string): Mark => {
  try {
    const { version, after } = JSON.parse(Buffer.from(text, 'base64url').toString()) as Partial<Mark>;
    if (typeof version === 'number' && typeof after === 'string') return { version, after };
  } catch {
    // Refused below.
  }
  return refuse(400, 'BadRequest', 'continue key is not valid');
};

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;

/** Objects of a resource, by pages where a limit is asked for. */
export const list = (call: Call): Answer => {
  const { cluster, address, query } = call;
  const { store } = cluster;
  const asked = query.get('continue');
  const mark = asked ? readMark(asked) : { version: store.version, after: '' };
  if (!store.changesAfter(mark.version))
    refuse(410, 'Expired', 'The provided continue parameter is too old to display a consistent list result.');
  const limit = Number(query.get('limit') ?? 0);
  const all = store
    .list(address.id, address.namespace)
    .filter((object) => keyOf(object) > mark.after)
    .filter(selectorOf(call));
  const page = limit > 0 ? all.slice(0, limit) : all;
  const last = page.at(-1);
  // How many are left is not told where only some are asked for.
  const isWhole = !query.get('labelSelector') && !query.get('fieldSelector');
  const next =
    last && page.length < all.length
      ? {
          continue: writeMark({ version: mark.version, after: keyOf(last) }),
          ...(isWhole && { remainingItemCount: all.length - page.length }),
        }
      : {};
  const metadata = { resourceVersion: String(mark.version), ...next };
  const items = page.map((object) => inVersion(call, object));
  if (wantsTable(call.accept)) return { code: 200, body: tableOf(address.resource, items, metadata) };
  return {
    code: 200,
    body: { kind: `${address.resource.kind}List`, apiVersion: address.apiVersion, metadata, items },
  };
};

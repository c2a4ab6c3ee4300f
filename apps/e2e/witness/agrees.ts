import type { Installation } from '../platform/installation.js';
import type { AuditTrail, Live, Write } from './audit-trail.js';
import { trailName, type DriftedObject, type ObjectRef } from './explained.js';
import { keysOfPath } from './owned-fields.js';

type Manifest = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

/** What the record says of one object at an instant. */
export type Answer = {
  readonly sync: string;
  readonly manifest: Manifest | undefined;
  readonly drift: DriftedObject | undefined;
};

const refOf = ({ apiVersion, kind, metadata }: Manifest): ObjectRef => ({ apiVersion, kind, ...metadata });

/** Asks what an object of an application was at an instant: its applied manifest, and how it was drifted. */
export const askAsOf = async (
  syncline: Installation,
  application: string,
  object: string,
  at: string,
): Promise<Answer> => {
  const get = async <Body>(path: string): Promise<Body> => {
    const { code, body } = await syncline.api('GET', path);
    if (code !== 200) throw new Error(`${path} was answered with ${code}: ${JSON.stringify(body)}`);
    return body as Body;
  };
  const query = `at=${at}&application=${application}`;
  const fleet = await get<{ targets: { sync: string; applied?: unknown }[] }>(`/v1/fleet?${query}`);
  const [target] = fleet.targets;
  if (!target?.applied) return { sync: target?.sync ?? 'None', manifest: undefined, drift: undefined };
  const [recorded, drifts] = await Promise.all([
    get<{ targets: { objects: Manifest[] }[] }>(
      `/v1/applications/default/${application}/manifests?target=witness&at=${at}`,
    ),
    get<{ items: { objects: DriftedObject[] }[] }>(`/v1/drift?project=default&open=true&${query}`),
  ]);
  const isIt = (ref: ObjectRef): boolean => trailName(ref) === object;
  return {
    sync: target.sync,
    manifest: recorded.targets.flatMap(({ objects }) => objects).find((one) => isIt(refOf(one))),
    drift: drifts.items.flatMap(({ objects }) => objects).find((one) => isIt(one.object)),
  };
};

type Leaf = { readonly path: string; readonly keys: string; readonly value: unknown };

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Items of lists that have a name are found by it, the others by their place. */
const itemOf = (live: unknown, item: unknown, at: number): unknown => {
  if (!Array.isArray(live)) return undefined;
  const name = isMap(item) ? item.name : undefined;
  return name === undefined ? live[at] : live.find((one) => isMap(one) && one.name === name);
};

/** Where a manifest and what is live are not the same; what the server added by itself is no difference. */
const differences = (manifest: unknown, live: unknown, path = '', keys: readonly string[] = []): Leaf[] => {
  if (isMap(manifest))
    return Object.entries(manifest).flatMap(([key, value]) =>
      differences(value, isMap(live) ? live[key] : undefined, `${path}/${key}`, [...keys, key]),
    );
  if (Array.isArray(manifest))
    return manifest.flatMap((item, at) => differences(item, itemOf(live, item, at), `${path}/${at}`, keys));
  return manifest === live ? [] : [{ path, keys: keys.join('/'), value: live }];
};

/** Holds an answer against an object as the audit log has it; gives in what they differ. */
export const disagreement = ({ manifest, drift }: Answer, live: Live | undefined): string | undefined => {
  const said = manifest && drift?.change !== 'deleted' ? manifest : undefined;
  if (!said) return live && 'it was there';
  if (!live) return 'it was not there';
  if (live.metadata.deletionTimestamp !== undefined) return 'it was being deleted';
  const isSaid = ({ keys, value }: Leaf): boolean =>
    drift?.fields.some(
      (field) => keysOfPath(field.path) === keys && JSON.stringify(field.to) === JSON.stringify(value),
    ) === true;
  const unsaid = differences(manifest, live).filter((leaf) => !isSaid(leaf));
  return unsaid.length === 0
    ? undefined
    : unsaid.map(({ path, value }) => `${path} was ${JSON.stringify(value)}`).join(', ');
};

/** What was being written at an instant, and not told yet: the record may have it or not. */
export const underWay = (
  trail: AuditTrail,
  object: string,
  at: string,
  toldAt: ReadonlyMap<Write, string>,
): readonly (Live | undefined)[] =>
  trail
    .of(object)
    .filter(
      (write) => write.asked.slice(0, 23) <= at && (toldAt.get(write) ?? write.answered.slice(0, 23)) >= at,
    )
    .flatMap(({ before, after }) => [before, after]);

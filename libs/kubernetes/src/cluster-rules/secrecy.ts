import { describe, expect, it } from 'vitest';

import type { Manifest } from '@syncline/events';

import { secretHmacs } from '../objects/secret-veil.js';
import {
  apply,
  applyAs,
  createNamespace,
  deploy,
  failureOf,
  fresh,
  hmacKey,
  mergePatch,
  planOf,
  prune,
  raw,
  targetOf,
  type Rig,
} from './rig.js';

const planted = 'correct-horse-battery-staple';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (digit: string): string => digit.repeat(64);
const secret = (data: Record<string, string>, extra: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'credentials' },
  type: 'Opaque',
  data,
  ...extra,
});
const referring = secret({ password: `syncline-secret:${hex('a')}` });

/** A planted value is looked for as it is and as base64. */
const expectNowhere = (anything: unknown): void => {
  const text = typeof anything === 'string' ? anything : JSON.stringify(anything);
  expect(text).not.toContain(planted);
  expect(text).not.toContain(base64(planted));
};

/** What is said of Secrets: never a value. */
export const secrecy = (rig: () => Rig): void => {
  const target = (name: string, value = planted, objects = [referring]) =>
    targetOf(name, objects, { [hex('a')]: base64(value) });
  const pathOf = (name: string): string => `/api/v1/namespaces/${name}/secrets/credentials`;

  describe('a Secret', () => {
    it('gets its values when it is applied, and shows them nowhere', async () => {
      const name = fresh('secret');
      const diff = await rig().client.diff(target(name), [], prune);
      const outcome = await apply(rig(), target(name), diff.operations);
      expect(outcome.status).toBe('succeeded');
      const live = await raw(rig(), 'GET', pathOf(name));
      expect(live.data).toEqual({ password: base64(planted) });
      for (const said of [diff, outcome, planOf(target(name), diff.operations)]) expectNowhere(said);
    });

    it('is planned with an HMAC of each value, bound to its place', async () => {
      const name = fresh('secret');
      const { operations } = await rig().client.diff(target(name), [], prune);
      const found = operations.find(({ object }) => object.kind === 'Secret');
      const body = {
        ...secret({ password: base64(planted) }),
        metadata: { name: 'credentials', namespace: name },
      };
      expect(found?.secrets).toEqual(secretHmacs(hmacKey, body as never));
      expect(Object.keys(found?.secrets ?? {})).toEqual(['/data/password']);
    });

    it('shows the names of its keys and what happens to them, without values', async () => {
      const name = fresh('secret');
      const inventory = await deploy(rig(), target(name));
      const more = [secret({ password: `syncline-secret:${hex('a')}`, token: base64(planted) })];
      const { operations } = await rig().client.diff(target(name, 'another', more), inventory, prune);
      expect(operations[0]).toMatchObject({
        action: 'configure',
        changes: [
          { path: '/data/password', change: 'changed' },
          { path: '/data/token', change: 'added' },
        ],
      });
      expect(operations[0]?.changes.flatMap((change) => [change.from, change.to])).toEqual([
        undefined, undefined, undefined, undefined,
      ]); // prettier-ignore
      expectNowhere(operations);
    });

    it('is unchanged where its values are the live ones, and is not where somebody changed one', async () => {
      const name = fresh('secret');
      const inventory = await deploy(rig(), target(name));
      const first = await rig().client.diff(target(name), inventory, prune);
      expect(first.operations[0]?.action).toBe('unchanged');
      await mergePatch(rig(), pathOf(name), { data: { password: base64('theirs') } });
      const second = await rig().client.diff(target(name), inventory, prune);
      expect(second.operations[0]).toMatchObject({ action: 'takeover', certainty: 'confirmed' });
      expectNowhere(second);
    });

    it('is refused at the apply where its values are not those of the plan', async () => {
      const name = fresh('secret');
      await createNamespace(rig(), name);
      const { operations } = await rig().client.diff(target(name), [], prune);
      const outcome = await apply(rig(), target(name, 'swapped'), operations);
      expect(outcome).toMatchObject({ status: 'failed', code: 'secret-mismatch' });
      expect((await failureOf(raw(rig(), 'GET', pathOf(name)))).code).toBe('not-found');
    });

    it('is refused in the plan where the value behind a reference is missing', async () => {
      const name = fresh('secret');
      await createNamespace(rig(), name);
      const { operations } = await rig().client.diff(targetOf(name, [referring]), [], prune);
      expect(operations[0]).toMatchObject({
        certainty: 'refused',
        refusal: { code: 'secret-missing', field: '/data/password' },
      });
    });

    it('folds stringData into data before it is applied', async () => {
      const name = fresh('secret');
      const folded: Manifest = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'credentials' },
        stringData: { a: planted },
      };
      const inventory = await deploy(rig(), target(name, planted, [folded]));
      const live = await raw(rig(), 'GET', pathOf(name));
      expect(live.data).toEqual({ a: base64(planted) });
      const held = inventory.find(({ object }) => object.kind === 'Secret');
      expect(held?.fields).toContain('/data/a');
      const { operations } = await rig().client.diff(target(name, planted, [folded]), inventory, prune);
      expect(operations[0]?.action).toBe('unchanged');
    });

    it('is refused by the server with code and field alone', async () => {
      const name = fresh('secret');
      await createNamespace(rig(), name);
      const wrongType = secret({ password: `syncline-secret:${hex('a')}` }, { type: 'kubernetes.io/tls' });
      const notBase64 = targetOf(name, [referring], { [hex('a')]: planted });
      for (const tried of [target(name, planted, [wrongType]), notBase64]) {
        const { operations } = await rig().client.diff(tried, [], prune);
        expect(operations[0]?.certainty).toBe('refused');
        expectNowhere(operations);
      }
    });

    it('of kubectl, with its values in an annotation, is adopted without showing them', async () => {
      const name = fresh('secret');
      await createNamespace(rig(), name);
      const annotations = {
        'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
          data: { password: base64(planted) },
        }),
      };
      const theirs = {
        ...secret({ password: base64(planted) }),
        metadata: { name: 'credentials', namespace: name, annotations },
      };
      await applyAs(rig(), 'kubectl', pathOf(name), theirs);
      const { operations } = await rig().client.diff(target(name), [], prune);
      expect(operations[0]?.action).toBe('adopt');
      expectNowhere(operations);
    });
  });
};

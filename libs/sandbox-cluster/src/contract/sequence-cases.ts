import fc from 'fast-check';
import { expect, it } from 'vitest';

import { applyObject } from '../ownership/apply-object.js';
import { recordUpdate } from '../ownership/record-update.js';
import { patchObject } from '../patches/patch-object.js';
import { withoutMember } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { readBody } from '../schemas/read-body.js';
import { loadSchemas, type Schemas } from '../schemas/schemas.js';
import { applyTo, type Answer, type Call } from './api-server.js';
import { widget, widgets } from './objects.js';

type Write =
  | { readonly by: 'apply'; readonly manager: string; readonly force: boolean; readonly spec: object }
  | { readonly by: 'update'; readonly manager: string; readonly spec: object };

const word = fc.constantFrom('a', 'b', 'c');
const text = fc.constantFrom('x', 'y', '');
const some = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const manager = fc.constantFrom('one', 'two', 'three');
const item = fc.record({ id: word, port: some(fc.integer({ min: 1, max: 3 })), note: some(text) });
const byId = { selector: ({ id }: { id: string }) => id, maxLength: 3 };
const whole = fc.record({ id: some(text), port: some(fc.integer({ min: 1, max: 2 })) });

const widgetSpec = fc.record({
  size: some(fc.integer({ min: 0, max: 2 })),
  color: some(text),
  tags: some(fc.uniqueArray(word, { maxLength: 3 })),
  order: some(fc.array(word, { maxLength: 2 })),
  items: some(fc.uniqueArray(item, byId)),
  labels: some(fc.dictionary(word, text, { maxKeys: 2 })),
  whole: some(whole),
  nested: some(whole),
  open: some(
    fc.dictionary(
      word,
      fc.oneof(text, fc.array(word, { maxLength: 2 }), fc.dictionary(word, text, { maxKeys: 2 })),
      { maxKeys: 2 },
    ),
  ),
});

const container = fc.record({
  id: word,
  image: fc.constantFrom('web:1', 'web'),
  args: some(fc.array(word, { maxLength: 2 })),
  ports: some(fc.uniqueArray(fc.constantFrom(80, 81), { maxLength: 2 })),
  env: some(fc.dictionary(word, text, { maxKeys: 2 })),
  cpu: some(fc.constantFrom('1', '1000m', '250m')),
});

const podTemplate = fc.record({
  labels: some(fc.dictionary(word, text, { maxKeys: 2 })),
  containers: fc.uniqueArray(container, { ...byId, minLength: 1 }),
  nodeSelector: some(fc.dictionary(word, fc.constantFrom('x', 'y'), { maxKeys: 2 })),
  hostNetwork: some(fc.boolean()),
  tolerations: some(fc.array(fc.record({ key: word, operator: fc.constant('Exists') }), { maxLength: 2 })),
}).map(({ labels, containers, ...spec }) => ({
  metadata: labels ? { labels } : undefined,
  spec: { ...spec, containers: containers.map(written) },
})); // prettier-ignore

const written = ({
  id,
  image,
  args,
  ports,
  env,
  cpu,
}: Record<string, unknown> & {
  ports?: number[] | undefined;
  env?: Record<string, string> | undefined;
}): object => ({
  name: id,
  image,
  args,
  ports: ports?.map((containerPort) => ({ containerPort })),
  env: env && Object.entries(env).map(([name, value]) => ({ name, value })),
  resources: cpu === undefined ? undefined : { limits: { cpu } },
});

const writesOf = (spec: fc.Arbitrary<object>): fc.Arbitrary<Write[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({ by: fc.constant('apply' as const), manager, force: fc.boolean(), spec }),
      },
      { weight: 1, arbitrary: fc.record({ by: fc.constant('update' as const), manager, spec }) },
    ),
    { minLength: 2, maxLength: 7 },
  );

/** What a merge patch of an object's own fields says. */
const bodyOf = (applied: KubeObject): object =>
  ['apiVersion', 'kind', 'metadata'].reduce<object>(withoutMember, applied);

const now = '2026-01-01T00:00:00Z';

const withoutEmpty = <Whole>(whole: Whole): Whole => JSON.parse(JSON.stringify(whole)) as Whole;

/** An object without what differs from server to server and from second to second. */
const comparable = (object: object): unknown => {
  const { metadata, ...rest } = object as KubeObject;
  const entries = (metadata.managedFields ?? []).map((entry) => ({ ...entry, time: undefined }));
  const managedFields = entries.map((entry) => JSON.stringify(sorted(entry))).sort();
  return { ...rest, metadata: { labels: metadata.labels, annotations: metadata.annotations, managedFields } };
};

const sorted = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, member]) => [key, sorted(member)]));
};

type Predicted = { readonly object: unknown } | { readonly refused: string };

/** What this package's rules say of a write to the object that the server has. */
const predict = (
  schemas: Schemas,
  live: KubeObject | undefined,
  applied: KubeObject,
  write: Write,
): Predicted => {
  const schema = schemas.find(applied.apiVersion, applied.kind);
  if (!schema) throw new Error(`no schema of ${applied.kind}`);
  const common = { schema, manager: write.manager, now };
  if (write.by === 'apply') {
    const outcome = applyObject({ ...common, ...(live ? { live } : {}), applied, force: write.force });
    return outcome.ok
      ? { object: comparable(outcome.object) }
      : { refused: inAnyOrder(outcome.refusal.message) };
  }
  const body = bodyOf(applied);
  const patched = live && patchObject(schema, live, { type: 'merge', body });
  if (!patched?.ok) throw new Error('a merge patch always fits');
  const read = readBody(schema, patched.object);
  if (!read.ok) throw new Error(read.refusal.message);
  return {
    object: comparable(recordUpdate({ ...common, ...(live ? { before: live } : {}), after: read.object })),
  };
};

/** Faults of one object come in any order. */
const inAnyOrder = (message: string): string =>
  message.replace(/\[.*\]$/, (list) => list.slice(1, -1).split(', ').sort().join(', '));

const answered = ({ code, body }: Answer): Predicted =>
  code < 300 ? { object: comparable(body) } : { refused: inAnyOrder(body.message ?? '') };

let counter = 0;

/** Random writes by several managers: what a server answers to each is what this package's rules say. */
export const sequenceCases = (calls: () => Call): void => {
  const schemas = loadSchemas();
  schemas.addCustom(widgets);

  const follow = async (
    path: string,
    objectOf: (name: string, spec: object) => KubeObject,
    writes: readonly Write[],
  ) => {
    const name = `sequence-${(counter += 1)}`;
    for (const write of writes) {
      const before = await calls()('GET', `${path}/${name}`);
      const live = before.code === 200 ? (before.body as unknown as KubeObject) : undefined;
      if (write.by === 'update' && !live) continue;
      const applied = withoutEmpty(objectOf(name, write.spec));
      const predicted = predict(schemas, live, applied, write);
      const answer = await send(`${path}/${name}`, write, applied);
      // What the real server's code asks of a built-in kind beyond its schema is not this package's.
      if (answer.code === 422 && applied.apiVersion === 'v1') continue;
      expect(withoutEmpty(answered(answer))).toEqual(withoutEmpty(predicted));
    }
    await calls()('DELETE', `${path}/${name}`);
  };

  const send = (path: string, write: Write, applied: KubeObject): Promise<Answer> => {
    if (write.by === 'apply') return applyTo(calls())(path, write.manager, applied, `&force=${write.force}`);
    const body = bodyOf(applied);
    return calls()('PATCH', `${path}?fieldManager=${write.manager}`, body, 'application/merge-patch+json');
  };

  const runs = { numRuns: process.env.SYNCLINE_TEST_FULL === '1' ? 500 : 20 };

  it('of a custom kind follows the rules', async () => {
    const path = '/apis/contract.example/v1/namespaces/contract/widgets';
    await fc.assert(
      fc.asyncProperty(writesOf(widgetSpec), (writes) => follow(path, widget, writes)),
      runs,
    );
  });

  it('of a built-in kind follows the rules', async () => {
    const path = '/api/v1/namespaces/contract/podtemplates';
    const objectOf = (name: string, template: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name },
      template,
    });
    await fc.assert(
      fc.asyncProperty(writesOf(podTemplate), (writes) => follow(path, objectOf, writes)),
      runs,
    );
  });
};

import { expect, it } from 'vitest';

import { writersOf, type Answer, type Call } from './api-server.js';
import { configMap, deployment, widget } from './objects.js';

const maps = (name: string): string => `/api/v1/namespaces/contract/configmaps/${name}`;
const broken = '/apis/apps/v1/namespaces/contract/deployments/broken';
const widgetPath = '/apis/contract.example/v1/namespaces/contract/widgets/broken';
const web = { name: 'web', image: 'web:1' };
const typed = 'failed to create typed patch object (/broken; apps/v1, Kind=Deployment): ';

/** What a server-side apply is refused for, by what is wrong: the objects of which each is one fault. */
const faults: readonly (readonly [fault: string, object: object, said: string])[] = [
  [
    'an unknown field',
    deployment('broken', [web], { bogus: 1 }),
    '.spec.bogus: field not declared in schema',
  ],
  [
    'a duplicate container',
    deployment('broken', [web, web]),
    '.spec.template.spec.containers: duplicate entries for key [name="web"]',
  ],
  [
    'a duplicate port, protocol and its default told as the same',
    deployment('broken', [
      { ...web, ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] },
    ]),
    '.spec.template.spec.containers[name="web"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
  ],
  [
    'text for a number',
    deployment('broken', [web], { replicas: 'two' }),
    '.spec.replicas: expected numeric (int or float), got string',
  ],
  [
    'a number for text',
    deployment('broken', [{ name: 'web', image: 5 }]),
    '.spec.template.spec.containers[name="web"].image: expected string, got &value.valueUnstructured{Value:5}',
  ],
  [
    'text for a boolean',
    deployment('broken', [web], { paused: 'no' }),
    '.spec.paused: expected boolean, got &{no}',
  ],
  [
    'a list for a map',
    deployment('broken', [web], { template: [] }),
    '.spec.template: expected map, got &{[]}',
  ],
  [
    'a map for a list',
    deployment('broken', { a: 1 }),
    '.spec.template.spec.containers: expected list, got &{map[a:1]}',
  ],
  [
    'a null for an item with a key',
    deployment('broken', [null]),
    '.spec.template.spec.containers: element 0: associative list with keys may not have a null element',
  ],
];

/** What is wrong with an applied object itself. */
export const faultCases = (calls: () => Call): void => {
  const { apply } = writersOf(calls);

  it.each(faults)('answers %s with an error that has no reason', async (_fault, object, said) => {
    const answer = await apply(broken, 'one', object);
    expect(answer).toMatchObject({ code: 500, body: { message: typed + said } });
    expect(answer.body.reason ?? '').toBe('');
  });

  it('answers a wrong type in a custom kind the same way', async () => {
    const answer = await apply(widgetPath, 'one', widget('broken', { size: 'big' }));
    expect(answer.code).toBe(500);
    expect(answer.body.message).toContain('.spec.size: expected numeric (int or float), got string');
  });

  it('refuses an apply that brings its own managedFields', async () => {
    const answer = await apply(maps('sent'), 'one', configMap('sent', {}, { managedFields: [] }));
    expect(answer).toMatchObject({ code: 400, body: { message: 'metadata.managedFields must be nil' } });
  });

  it('refuses a generated name', async () => {
    const answer = await apply(maps('made'), 'one', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { generateName: 'made-' },
    });
    expect(answer).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
  });
};

/** Which object a write means: by version, uid and name. */
export const identityCases = (calls: () => Call): void => {
  const { apply } = writersOf(calls);

  it('creates with a version that no object has only what is absent', async () => {
    const create = (): Promise<Answer> =>
      apply(maps('once'), 'one', configMap('once', {}, { resourceVersion: '1' }));
    expect((await create()).code).toBe(201);
    expect(await create()).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  });

  it('refuses another uid than that of the object', async () => {
    await apply(maps('named'), 'one', configMap('named', {}));
    const answer = await apply(maps('named'), 'one', configMap('named', {}, { uid: 'another' }));
    expect(answer).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
    expect(answer.body.details?.causes?.[0]?.field).toBe('metadata.uid');
  });

  it('does not create an object whose uid is given', async () => {
    const answer = await apply(maps('gone'), 'one', configMap('gone', {}, { uid: 'another' }));
    expect(answer).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
    expect(answer.body.message).toContain('uid mismatch');
  });

  it('creates an object again where only a version is given', async () => {
    const first = await apply(maps('again'), 'one', configMap('again', {}));
    await calls()('DELETE', maps('again'));
    const { resourceVersion } = first.body.metadata ?? {};
    expect((await apply(maps('again'), 'one', configMap('again', {}, { resourceVersion }))).code).toBe(201);
  });

  it('accepts the right uid and version', async () => {
    const { uid, resourceVersion } =
      (await apply(maps('right'), 'one', configMap('right', {}))).body.metadata ?? {};
    const answer = await apply(
      maps('right'),
      'one',
      configMap('right', { a: '1' }, { uid, resourceVersion }),
    );
    expect(answer.code).toBe(200);
  });
};

/** What is refused for where an object is to be, and what is not stored. */
export const placeCases = (calls: () => Call): void => {
  const { apply } = writersOf(calls);

  it('does not know a namespace that is absent', async () => {
    const answer = await apply('/api/v1/namespaces/nowhere/configmaps/lost', 'one', configMap('lost', {}));
    expect(answer).toMatchObject({
      code: 404,
      body: { reason: 'NotFound', details: { kind: 'namespaces' } },
    });
  });

  it('answers for a kind that is absent in plain text', async () => {
    const answer = await apply('/apis/nobody.example/v1/namespaces/contract/things/lost', 'one', {
      kind: 'Thing',
    });
    expect(answer.code).toBe(404);
    expect(answer.body.kind).toBeUndefined();
  });

  it('does not delete another version than was asked for', async () => {
    await apply(maps('kept'), 'one', configMap('kept', {}));
    const answer = await calls()('DELETE', maps('kept'), { preconditions: { resourceVersion: '1' } });
    expect(answer).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
  });

  it('stores nothing of a dry run', async () => {
    expect((await apply(maps('tried'), 'one', configMap('tried', {}), '&dryRun=All')).code).toBe(201);
    expect((await calls()('GET', maps('tried'))).code).toBe(404);
  });
};

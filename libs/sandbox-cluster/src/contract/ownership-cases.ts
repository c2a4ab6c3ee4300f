import { expect, it } from 'vitest';

import { writersOf, type Answer, type Call } from './api-server.js';
import { configMap, deployment, job, secret, service, widget } from './objects.js';

const core = '/api/v1/namespaces/contract';
const maps = (name: string): string => `${core}/configmaps/${name}`;
const deployments = (name: string): string => `/apis/apps/v1/namespaces/contract/deployments/${name}`;
const web = [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80 }] }];

const fields = ({ body }: Answer, manager: string): unknown =>
  body.metadata?.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;

const said = ({ code, body }: Answer): object => ({ code, reason: body.reason, message: body.message });

/** Whose fields an apply may not change. */
export const conflictCases = (calls: () => Call): void => {
  const { apply, update } = writersOf(calls);

  it('refuses a field that another applier owns, and names it', async () => {
    await apply(maps('owned'), 'one', configMap('owned', { a: '1' }));
    const answer = await apply(maps('owned'), 'two', configMap('owned', { a: '2' }));
    expect(said(answer)).toEqual({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
    });
    expect(answer.body.details?.causes).toEqual([
      { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
    ]);
  });

  it('says with which version an updater conflicts', async () => {
    await apply(deployments('edited'), 'one', deployment('edited', web, { paused: true, replicas: 1 }));
    await update(deployments('edited'), { spec: { replicas: 3 } }, 'kubectl-edit');
    const answer = await apply(
      deployments('edited'),
      'one',
      deployment('edited', web, { paused: true, replicas: 2 }),
    );
    expect(answer.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using apps/v1: .spec.replicas',
    );
  });

  it('lets a conflict of fields go before a stale version', async () => {
    await apply(maps('both'), 'one', configMap('both', { a: '1' }));
    const stale = await apply(maps('both'), 'one', configMap('both', { b: '1' }, { resourceVersion: '1' }));
    expect(stale).toMatchObject({ code: 409, body: { reason: 'Conflict' } });
    expect(stale.body.details?.causes).toBeUndefined();
    const both = await apply(maps('both'), 'two', configMap('both', { a: '2' }, { resourceVersion: '1' }));
    expect(both.body.details?.causes).toHaveLength(1);
  });

  it('takes the field away from its owner where that is forced', async () => {
    await apply(maps('forced'), 'one', configMap('forced', { a: '1', b: '1' }));
    const answer = await apply(maps('forced'), 'two', configMap('forced', { a: '2' }), '&force=true');
    expect(answer.body.data).toEqual({ a: '2', b: '1' });
    expect(fields(answer, 'one')).toEqual({ 'f:data': { 'f:b': {} } });
    expect(fields(answer, 'two')).toEqual({ 'f:data': { 'f:a': {} } });
  });
};

/** Who owns what after a write. */
export const recordCases = (calls: () => Call): void => {
  const { apply, update } = writersOf(calls);

  it('takes an object that nobody tracked for one that was there before the first apply', async () => {
    await calls()('POST', `${core}/configmaps`, configMap('untracked', { a: '1' }));
    await update(maps('untracked'), { metadata: { managedFields: [{}] } });
    const answer = await apply(maps('untracked'), 'one', configMap('untracked', { b: '1' }));
    expect(fields(answer, 'before-first-apply')).toEqual({ 'f:data': { '.': {}, 'f:a': {} } });
  });

  it('writes stringData as data, and records it as it was sent', async () => {
    const path = `${core}/secrets/plain`;
    const answer = await apply(path, 'one', secret('plain', { stringData: { key: 'text' } }));
    expect(answer.body).toMatchObject({ data: { key: 'dGV4dA==' }, type: 'Opaque' });
    expect(fields(answer, 'one')).toEqual({ 'f:stringData': { 'f:key': {} } });
  });

  it('records the defaults of what is created as the creator’s', async () => {
    const path = `${core}/services`;
    const answer = await calls()('POST', `${path}?fieldManager=creator`, service('created', {}));
    const spec = (fields(answer, 'creator') as { 'f:spec': object })['f:spec'];
    expect(spec).toMatchObject({
      'f:ports': { '.': {}, 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {}, 'f:protocol': {}, 'f:targetPort': {} } },
      'f:sessionAffinity': {},
      'f:type': {},
    }); // prettier-ignore
  });

  it('changes nothing, not even a time, where an apply says what is', async () => {
    const before = await apply(maps('same'), 'one', configMap('same', { a: '1' }));
    const after = await apply(maps('same'), 'one', configMap('same', { a: '1' }));
    expect(after).toEqual({ code: 200, body: before.body });
  });
};

/** How the schema decides what is owned: whole, by key or by value. */
export const shapeCases = (calls: () => Call): void => {
  const { apply } = writersOf(calls);

  it('records what an applier sets, and nothing that it left to defaults', async () => {
    const answer = await apply(deployments('recorded'), 'one', deployment('recorded', web, { paused: true }));
    expect(answer.code).toBe(201);
    expect(fields(answer, 'one')).toEqual({
      'f:spec': {
        'f:paused': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"web"}': {
                '.': {}, 'f:image': {}, 'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    }); // prettier-ignore
  });

  it('owns an atomic list whole, a set by value, and a list of maps by key, in a custom kind', async () => {
    const path = '/apis/contract.example/v1/namespaces/contract/widgets/lists';
    const spec = {
      tags: ['a'],
      order: ['x'],
      items: [{ id: 'i', port: 1 }],
      whole: { id: 'w' },
      open: { deep: { er: 1 } },
    };
    const answer = await apply(path, 'one', widget('lists', spec));
    expect(fields(answer, 'one')).toEqual({
      'f:spec': {
        'f:items': { 'k:{"id":"i"}': { '.': {}, 'f:id': {}, 'f:port': {} } },
        'f:open': { 'f:deep': { '.': {}, 'f:er': {} } },
        'f:order': {},
        'f:tags': { 'v:"a"': {} },
        'f:whole': {},
      },
    }); // prettier-ignore
    const merged = await apply(path, 'two', widget('lists', { tags: ['b'], items: [{ id: 'j' }] }));
    expect(merged.body.spec).toMatchObject({
      color: 'red',
      tags: ['a', 'b'],
      items: [{ id: 'i', port: 1 }, { id: 'j' }],
    });
  });
};

/** What goes, and what stays, where an applier says less than before. */
export const removalCases = (calls: () => Call): void => {
  const { apply, update } = writersOf(calls);

  it('removes what an applier owned alone and sets no more, and keeps what others own as well', async () => {
    await apply(maps('dropped'), 'one', configMap('dropped', { a: '1', b: '1', c: '1' }));
    await apply(maps('dropped'), 'two', configMap('dropped', { b: '1' }));
    const answer = await apply(maps('dropped'), 'one', configMap('dropped', { c: '1' }));
    expect(answer.body.data).toEqual({ b: '1', c: '1' });
  });

  it('leaves null of an open map that another owns as empty, and takes that for no conflict', async () => {
    const path = '/apis/contract.example/v1/namespaces/contract/widgets/emptied';
    await apply(path, 'one', widget('emptied', { open: { c: {} } }));
    await apply(path, 'two', widget('emptied', { open: { c: { a: 'x' } } }));
    const answer = await apply(path, 'two', widget('emptied', {}));
    expect(answer).toMatchObject({ code: 200, body: { spec: { open: { c: null } } } });
  });

  it('sets replicas to one where its sole owner drops it', async () => {
    await apply(deployments('scaled'), 'one', deployment('scaled', web, { paused: true, replicas: 3 }));
    const answer = await apply(deployments('scaled'), 'one', deployment('scaled', web, { paused: true }));
    expect(answer.body.spec).toMatchObject({ replicas: 1 });
  });

  it('keeps replicas where another manager owns it', async () => {
    await apply(deployments('shared'), 'one', deployment('shared', web, { paused: true, replicas: 3 }));
    await update(deployments('shared'), { spec: { replicas: 5 } }, 'autoscaler');
    const answer = await apply(deployments('shared'), 'one', deployment('shared', web, { paused: true }));
    expect(answer.body.spec).toMatchObject({ replicas: 5 });
  });

  it('refuses an immutable field by name', async () => {
    const path = '/apis/batch/v1/namespaces/contract/jobs/fixed';
    await apply(path, 'one', job('fixed', 'work:1'));
    const answer = await apply(path, 'one', job('fixed', 'work:2'));
    expect(answer).toMatchObject({
      code: 422,
      body: { reason: 'Invalid', details: { causes: [{ field: 'spec.template' }] } },
    });
  });
};

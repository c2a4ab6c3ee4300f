import { expect, it } from 'vitest';

import { applyTo, type Answer, type AnswerBody, type Call } from './api-server.js';

const maps = '/api/v1/namespaces/contract/configmaps';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const gadgets = `${definitions}/gadgets.gadgets.contract.example`;

const of = (kind: string, version = 'v1'): string => `application/json;as=${kind};g=meta.k8s.io;v=${version}`;
const [one, all] = ['PartialObjectMetadata', 'PartialObjectMetadataList'] as const;

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.gadgets.contract.example' },
  spec: {
    group: 'gadgets.contract.example',
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

type Line = { readonly type: string; readonly object: AnswerBody };

/** The lines of a watch, of which there are more than one. */
const linesOf = ({ body }: Answer): readonly Line[] =>
  (body.message ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

const fieldsOf = ({ object }: Line): readonly string[] => Object.keys(object).toSorted();

/** How the cases read and write; `calls` gives the server once it runs. */
const clientOf = (calls: () => Call) => ({
  get: (path: string, accept: string): Promise<Answer> => calls()('GET', path, undefined, undefined, accept),
  put: (name: string, data: object): Promise<Answer> =>
    applyTo(calls())(`${maps}/${name}`, 'one', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels: { of: 'metadata' } },
      data,
    }),
});

/** What a client is given that asks for metadata without spec and status. */
export const metadataCases = (calls: () => Call): void => {
  const { get, put } = clientOf(calls);

  it.each(['v1', 'v1beta1'])('of an object and of a list is all that is given, in %s', async (version) => {
    const { metadata } = (await put('told', { a: '1' })).body;
    const partial = { kind: one, apiVersion: `meta.k8s.io/${version}`, metadata };
    expect(await get(`${maps}/told`, of(one, version))).toEqual({ code: 200, body: partial });
    const list = await get(`${maps}?labelSelector=of%3Dmetadata`, of(all, version));
    expect(list.body).toMatchObject({ kind: all, apiVersion: `meta.k8s.io/${version}`, items: [partial] });
    expect(list.body.metadata?.resourceVersion).toMatch(/^\d+$/);
  });

  it('of an empty list is no list of items', async () => {
    const list = await get(`${maps}?labelSelector=of%3Dnobody`, of(all));
    expect(list.body).toMatchObject({ kind: all, items: null });
  });

  it('comes in pages as whole objects do', async () => {
    await put('told', { a: '1' });
    await put('told-too', { a: '1' });
    const list = await get(`${maps}?labelSelector=of%3Dmetadata&limit=1`, of(all));
    expect(list.body).toMatchObject({ items: [{ metadata: { name: 'told' } }] });
    expect(list.body.metadata?.continue).toEqual(expect.any(String));
    expect(list.body.metadata).not.toHaveProperty('remainingItemCount');
    const some = await get(`${maps}?limit=1`, of(all));
    expect(some.body.metadata?.remainingItemCount).toBeGreaterThan(0);
    await calls()('DELETE', `${maps}/told-too`);
  });

  it.each([
    ['a list as an object', maps, one],
    ['an object as a list', `${maps}/told`, all],
  ])('is not acceptable of %s', async (_what, path, kind) => {
    await put('told', { a: '1' });
    const answer = await get(path, of(kind));
    expect(answer).toMatchObject({ code: 406, body: { kind: 'Status', reason: 'NotAcceptable' } });
    expect(answer.body.message).toContain(`you requested ${kind}, but the requested object is `);
  });

  it('is what a write is answered with that asks for it', async () => {
    const patch = { metadata: { annotations: { written: 'yes' } } };
    const type = 'application/merge-patch+json';
    const answer = await calls()('PATCH', `${maps}/told`, patch, type, of(one));
    expect(answer).toMatchObject({ code: 200, body: { kind: one, metadata: { annotations: { written: 'yes' } } } }); // prettier-ignore
    expect(Object.keys(answer.body).toSorted()).toEqual(['apiVersion', 'kind', 'metadata']);
  });
};

/** What a watch of metadata tells. */
export const metadataWatchCases = (calls: () => Call): void => {
  const { get, put } = clientOf(calls);
  /** What a watch of metadata tells of everything there is, and of what is done meanwhile. */
  const watched = async (path: string, meanwhile: () => Promise<unknown>): Promise<readonly Line[]> => {
    const query = 'watch=true&timeoutSeconds=3&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'; // prettier-ignore
    const answer = get(`${path}${path.includes('?') ? '&' : '?'}${query}`, of(one));
    await meanwhile();
    return linesOf(await answer);
  };

  it('tells what is there, what changes, and what goes', async () => {
    await put('told', { a: '1' });
    const lines = await watched(`${maps}?labelSelector=of%3Dmetadata`, async () => {
      await put('told', { a: '2' });
      await calls()('DELETE', `${maps}/told`);
    });
    const { metadata } = lines.at(-1)?.object ?? {};
    expect(lines.filter(({ type }) => type !== 'BOOKMARK').at(-1)).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'told' } } }); // prettier-ignore
    expect(metadata?.resourceVersion).toMatch(/^\d+$/);
    for (const line of lines) {
      expect(fieldsOf(line)).toEqual(['apiVersion', 'kind', 'metadata']);
      expect(line.object).toMatchObject({ kind: one, apiVersion: 'meta.k8s.io/v1' });
    }
  });

  it('of definitions tells that one comes, is established and goes', async () => {
    const lines = await watched(definitions, async () => {
      await applyTo(calls())(gadgets, 'somebody', definition);
      await expect
        .poll(() => get('/apis/gadgets.contract.example/v1/gadgets', of(all)), { timeout: 2_000 })
        .toMatchObject({ code: 200 });
      await calls()('DELETE', gadgets);
    });
    const own = lines.filter(({ object }) => object.metadata?.name === definition.metadata.name);
    const types = own.map(({ type }) => type);
    expect(types[0]).toBe('ADDED');
    expect(types.at(-1)).toBe('DELETED');
    // Its status is told without being shown.
    expect(types.slice(1, -1).length).toBeGreaterThan(0);
    expect(new Set(types.slice(1, -1))).toEqual(new Set(['MODIFIED']));
    for (const line of own) expect(fieldsOf(line)).toEqual(['apiVersion', 'kind', 'metadata']);
  });
};

import { expect, it } from 'vitest';

import { patchObject } from '../patches/patch-object.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { readBody } from '../schemas/read-body.js';
import { loadSchemas } from '../schemas/schemas.js';
import type { Answer, Call } from './api-server.js';
import { deployment } from './objects.js';

const path = '/apis/apps/v1/namespaces/contract/deployments';
const containers = [
  {
    name: 'web',
    image: 'web:1',
    env: [{ name: 'A', value: '1' }, { name: 'B', value: '2' }],
    ports: [{ containerPort: 80 }],
  },
  { name: 'side', image: 'side:1' },
]; // prettier-ignore
const pod = (spec: object): object => ({ spec: { template: { spec } } });

const strategic: readonly (readonly [patch: string, body: object])[] = [
  ['changes an item by its key', pod({ containers: [{ name: 'side', image: 'side:2' }] })],
  ['puts what is new where the patch has it', pod({ containers: [{ name: 'new', image: 'new:1' }, { name: 'web', image: 'web:2' }] })],
  ['deletes an item of an item', pod({ containers: [{ name: 'web', env: [{ name: 'C', value: '3' }, { name: 'A', $patch: 'delete' }] }] })],
  ['orders items as it says', pod({ '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }], containers: [{ name: 'side', image: 'side:2' }] })],
  ['replaces a list', pod({ containers: [{ name: 'only', image: 'only:1' }, { $patch: 'replace' }] })],
  ['retains keys', { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }],
  ['replaces a map', { spec: { strategy: { $patch: 'replace', type: 'Recreate' } } }],
  ['replaces an atomic list', pod({ containers: [{ name: 'web', command: ['a', 'b'] }] })],
  ['removes by null', pod({ containers: [{ name: 'web', ports: null }] })],
]; // prettier-ignore

const config = '/api/v1/namespaces/contract/configmaps/patched';
const json: readonly (readonly [patch: string, operations: object[], data: object])[] = [
  ['adds', [{ op: 'add', path: '/data/c', value: '3' }], { a: '1', c: '3' }],
  ['replaces what is absent, too', [{ op: 'replace', path: '/data/c', value: '3' }], { a: '1', c: '3' }],
  ['moves', [{ op: 'move', from: '/data/a', path: '/data/b' }], { b: '1' }],
  ['copies', [{ op: 'copy', from: '/data/a', path: '/data/b' }], { a: '1', b: '1' }],
  ['removes after a test', [{ op: 'test', path: '/data/a', value: '1' }, { op: 'remove', path: '/data/a' }], {}],
]; // prettier-ignore

/** What patches of each kind do to an object. */
export const patchCases = (calls: () => Call): void => {
  it.each(strategic)('a strategic merge patch %s', async (patch, body) => {
    const name = `patched-${patch.replaceAll(/\W+/g, '-')}`;
    const live = (await calls()('POST', path, deployment(name, containers, { paused: true }))).body;
    const type = 'application/strategic-merge-patch+json';
    const answer = await calls()('PATCH', `${path}/${name}?dryRun=All`, body, type);
    const schema = loadSchemas().find('apps/v1', 'Deployment');
    if (!schema) throw new Error('no schema of Deployment');
    const patched = patchObject(schema, live as unknown as KubeObject, { type: 'strategic', body });
    const read = patched.ok && readBody(schema, patched.object);
    expect(read && read.ok && read.object.spec).toEqual(answer.body.spec);
  });

  const patchData = async (operations: object[]): Promise<Answer> => {
    await calls()('DELETE', config);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched' }, data: { a: '1' } };
    await calls()('POST', '/api/v1/namespaces/contract/configmaps', object);
    return calls()('PATCH', config, operations, 'application/json-patch+json');
  };

  it.each(json)('a JSON patch %s', async (_patch, operations, data) => {
    const answer = await patchData(operations);
    expect(answer.body.data ?? {}).toEqual(data);
  });

  it('a JSON patch that does not fit is refused', async () => {
    const answer = await patchData([{ op: 'remove', path: '/data/absent' }]);
    expect(answer).toMatchObject({ code: 422, body: { reason: 'Invalid' } });
  });
};

import { describe, expect, it } from 'vitest';

import { requestInfo } from './request-info.js';

const read = (method: string, address: string): string => {
  const url = new URL(address, 'https://cluster');
  const segments = url.pathname.split('/').filter((one) => one !== '');
  const { verb, resource = '-', isDryRun } = requestInfo(method, segments, url.searchParams);
  return `${verb} ${resource}${isDryRun ? ' (dry run)' : ''}`;
};

describe('what a request is about', () => {
  it.each([
    ['GET', '/api/v1/namespaces/shop/configmaps/web', 'get configmaps'],
    ['GET', '/api/v1/namespaces/shop/configmaps', 'list configmaps'],
    ['GET', '/apis/apps/v1/deployments?watch=true', 'watch deployments.apps'],
    ['GET', '/apis/apps/v1/deployments?watch=1', 'watch deployments.apps'],
    ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/web?dryRun=All', 'patch deployments.apps (dry run)'],
    ['PATCH', '/apis/apps/v1/namespaces/shop/deployments/web/scale', 'patch deployments.apps'],
    ['POST', '/api/v1/namespaces', 'create namespaces'],
    ['GET', '/api/v1/namespaces/shop', 'get namespaces'],
    ['PUT', '/api/v1/namespaces/shop/finalize', 'update namespaces'],
    ['DELETE', '/api/v1/namespaces/shop/pods', 'deletecollection pods'],
    ['DELETE', '/api/v1/namespaces/shop/pods/web', 'delete pods'],
    ['GET', '/readyz', 'get -'],
    ['GET', '/api/v1', 'get -'],
    ['GET', '/apis', 'get -'],
  ])('%s %s is %s', (method, address, said) => {
    expect(read(method, address)).toBe(said);
  });
});

import { describe, expect, test } from 'vitest';

import { chooseClusters, type ClusterSituation } from './cluster-choice.js';

const nothing: readonly never[] = [];
const kubernetes = [
  { name: 'etcd', buildSeconds: 50 },
  { name: 'kube-apiserver', buildSeconds: 390 },
];
const situation = (part: Pick<ClusterSituation, 'asked' | 'kept' | 'missing'>): ClusterSituation => ({
  ...part,
  state: '/srv/fleet',
  askFor: (kind) => `up --clusters ${kind}`,
});

describe('the clusters of an installation', () => {
  test.each([
    ['auto', undefined, nothing, 'real', /real API servers, whose binaries are on this machine\. .*--clusters sandbox$/],
    ['auto', undefined, kubernetes, 'sandbox', /simulated .*: etcd, kube-apiserver .*no download .*about 7 min.* real API servers: up --clusters real$/],
    ['auto', 'sandbox', nothing, 'sandbox', /simulated .*, as at the first start here\. .*--clusters real$/],
    ['auto', 'real', kubernetes, 'real', /real API servers, as at the first start here/],
    ['sandbox', undefined, nothing, 'sandbox', /simulated .*, as asked for\. .*--clusters real$/],
    ['real', undefined, kubernetes, 'real', /real API servers, as asked for\. .*--clusters sandbox$/],
    ['sandbox', 'sandbox', nothing, 'sandbox', /first start here/],
    ['real', 'real', kubernetes, 'real', /first start here/],
  ] as const)('asked for %s, kept %s, missing %j: %s', (asked, kept, missing, kind, line) => {
    const chosen = chooseClusters(situation({ asked, kept, missing }));
    expect(chosen).toEqual({ kind, line: expect.stringMatching(line) as string });
  }); // prettier-ignore

  test.each([
    ['sandbox', 'real', 'real API servers'],
    ['real', 'sandbox', 'simulated ones of the sandbox'],
  ] as const)('asked for %s where %s ones are kept: refused with both ways out', (asked, kept, text) => {
    expect(() => chooseClusters(situation({ asked, kept, missing: nothing }))).toThrow(
      `The clusters in /srv/fleet are ${text}, and everything recorded there is of them. Leave --clusters ${asked} away to go on with them, or take another place for others: up --clusters ${asked}`,
    );
  });
});

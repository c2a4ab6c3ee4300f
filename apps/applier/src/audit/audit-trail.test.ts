import type { DriftedObject, ForeignWrite } from '@syncline/events';
import { describe, expect, it } from 'vitest';

import { readAudit } from './audit-event.js';
import { AuditTrail } from './audit-trail.js';

const target = { cluster: 'prod', project: 'default', application: 'shop' };
const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
let id = 0;

const event = (more: object = {}, ref: object = {}) => ({
  ...{ kind: 'Event', level: 'RequestResponse', stage: 'ResponseComplete', auditID: `id-${(id += 1)}` },
  ...{ verb: 'patch', user: { username: 'alice', groups: ['devs'] }, sourceIPs: ['10.0.0.9'] },
  ...{ userAgent: 'kubectl/v1.36 (linux)', requestURI: '/apis/x?fieldManager=kubectl-edit' },
  objectRef: { resource: 'deployments', apiGroup: 'apps', namespace: 'shop', name: 'web', ...ref },
  ...{ responseStatus: { code: 200 }, stageTimestamp: new Date().toISOString() },
  requestObject: { data: { password: 'hunter2' } },
  ...more,
});
const changed = (manager: string): DriftedObject => ({
  ...{ object, change: 'changed', fieldCount: 1 },
  fields: [{ path: '/spec/replicas', change: 'changed', manager }],
});

const trail = (managed: readonly (typeof object)[] = [object]) => {
  const counts: Record<string, number> = {};
  const told: (readonly ForeignWrite[])[] = [];
  const one = new AuditTrail({
    withSourceIp: false,
    counted: (outcome) => (counts[outcome] = (counts[outcome] ?? 0) + 1),
    attribute: (_, writes) => void told.push(writes),
  });
  one.manage(managed);
  const drift = (...objects: readonly DriftedObject[]) =>
    one.see({ target, firstSeen: new Date().toISOString(), objects, correlationId: 'c' });
  return { take: (...all: readonly unknown[]) => all.forEach((each) => one.take(each)), drift, counts, told };
};

describe('the audit log', () => {
  it('names who wrote, whether it comes before the drift is seen or after it', () => {
    for (const isLate of [false, true]) {
      const { take, drift, told } = trail();
      const steps = [() => take(event()), () => drift(changed('kubectl-edit'))];
      for (const step of isLate ? steps.reverse() : steps) step();
      expect(told).toEqual([
        [
          {
            ...{ audit: `id-${id}`, object, verb: 'patch', user: 'alice', manager: 'kubectl-edit' },
            ...{ userAgent: 'kubectl/v1.36 (linux)', at: expect.any(String) as string },
          },
        ],
      ]);
    }
  });

  it('names nobody else: another manager, object, kind or time, and who only read, failed or tried', () => {
    const { take, drift, told, counts } = trail([object, { ...object, name: 'other' }]);
    take(
      event({ requestURI: '/x?fieldManager=helm' }),
      event({}, { name: 'other' }),
      event({}, { resource: 'statefulsets' }),
      event({ stageTimestamp: new Date(Date.now() - 600_000).toISOString() }),
      event({ verb: 'get' }),
      event({ verb: 'watch' }),
      event({ stage: 'RequestReceived' }),
      event({ requestURI: '/x?dryRun=All&fieldManager=kubectl-edit' }),
      event({}, { subresource: 'status' }),
      event({ responseStatus: { code: 409 } }),
      event({ requestURI: '/x?fieldManager=syncline&force=true' }),
      event({}, { name: 'nobodys' }),
    );
    drift(changed('kubectl-edit'));
    expect(told).toEqual([]);
    expect(counts).toEqual({ kept: 4, read: 5, failed: 1, ours: 1, unmanaged: 1 });
  });

  it('names who deleted an object, and whoever is impersonated', () => {
    const { take, drift, told } = trail();
    take(event({ verb: 'delete', impersonatedUser: { username: 'bob' } }), event());
    drift({ object, change: 'deleted', fields: [], fieldCount: 0 });
    expect(told[0]?.map(({ user, verb }) => [user, verb])).toEqual([['bob', 'delete']]);
  });

  it('is taken once however often and in whatever order it comes, and never harms', () => {
    const { take, drift, told, counts } = trail();
    const one = event();
    drift(changed('kubectl-edit'));
    take(one, one, null, 7, 'x', [], {}, { ...one, auditID: 7 }, { ...one, stageTimestamp: 'soon' }, one);
    expect(told).toHaveLength(1);
    expect(counts).toEqual({ kept: 1, duplicate: 2, malformed: 7 });
  });

  it('keeps no more of a flood than it has room for, and says so', () => {
    const { take, counts, drift, told } = trail();
    take(...Array.from({ length: 300 }, () => event()));
    expect(counts.kept).toBe(50);
    expect(counts.dropped).toBe(250);
    drift(changed('kubectl-edit'));
    expect(told[0]).toHaveLength(20);
  });

  it('gives an address only where that is wanted, and never a body', () => {
    const read = (withSourceIp: boolean) => JSON.stringify(readAudit(event(), { withSourceIp }));
    expect(read(true)).toContain('10.0.0.9');
    expect(read(false)).not.toContain('10.0.0.9');
    expect(read(true)).not.toContain('hunter2');
  });
});

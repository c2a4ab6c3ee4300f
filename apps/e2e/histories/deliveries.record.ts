import { join } from 'node:path';

import { it } from 'vitest';

import { configMap, declaration, declare, deployment } from '../platform/declared.js';
import { record, type Stage } from './recording.js';

const production = { tier: 'production' };

/** A change, a chart whose values change, an object fewer, and one that is retired. */
const changes = async ({ syncline, fleet }: Stage): Promise<void> => {
  await fleet.edit('apps/storefront/deployment.yaml', 'replicas: 2', 'replicas: 4');
  await syncline.arrived('storefront', await fleet.push('Four shop windows'));
  await fleet.edit('applications/recommendations.yaml', 'replicas: 3', 'replicas: 4');
  await syncline.arrived('recommendations', await fleet.push('More recommendations in Europe'));
  await declare(fleet, { name: 'wide', on: production }, {
    'web.yaml': deployment('wide'),
    'limits.yaml': configMap('limits', 'a'),
  }); // prettier-ignore
  await syncline.arrived('wide', await fleet.push('Add wide'));
  const budget = { maxObjects: 5, maxPercent: 60 };
  await fleet.write('applications/wide.yaml', declaration({ name: 'wide', on: production, budget }));
  await syncline.arrived('wide', await fleet.push('Another budget'));
  await fleet.remove('apps/wide/limits.yaml');
  await syncline.arrived('wide', await fleet.push('No limits'));
};

/** A plan that a person allows, one that is superseded before, one that is refused. */
const approvals = async ({ syncline, fleet }: Stage): Promise<void> => {
  const waits = (sha: string) =>
    syncline.untilTargets(
      'ledger-book',
      'waits',
      (one) => one.sync === 'AwaitingApproval' && one.desiredRevision === sha,
    );
  await declare(fleet, { name: 'ledger-book', on: production, mode: 'approval' });
  const first = await fleet.push('Add ledger-book');
  await waits(first);
  for (const cluster of ['prod-eu', 'prod-us'])
    await syncline.run('approve', 'ledger-book', '--cluster', cluster);
  await syncline.arrived('ledger-book', first);
  await fleet.write('apps/ledger-book/web.yaml', deployment('ledger-book', 2));
  await waits(await fleet.push('Two ledgers'));
  await fleet.write('apps/ledger-book/web.yaml', deployment('ledger-book', 3));
  await waits(await fleet.push('Three ledgers'));
  await syncline.run('reject', 'ledger-book', '--cluster', 'prod-eu', '--reason', 'not before the audit');
  await fleet.git('revert', '--no-edit', 'HEAD~2..HEAD');
  await fleet.git('push', '--quiet');
  await syncline.untilTargets('ledger-book', 'is as it was', (one) => one.sync === 'InSync');
};

/** Nothing happens while it is paused; what came meanwhile follows. */
const pauses = async ({ syncline, fleet }: Stage): Promise<void> => {
  await syncline.run('pause', 'wide', '--reason', 'the database moves');
  await fleet.write('apps/wide/web.yaml', deployment('wide', 3));
  const sha = await fleet.push('Three while paused');
  await syncline.untilTargets('wide', 'is held', (one) => one.sync === 'Held');
  await syncline.run('resume', 'wide');
  await syncline.arrived('wide', sha);
};

/** A cluster that refuses, manifests that cannot be rendered, a configuration that is invalid, and a revert. */
const failures = async ({ syncline, fleet }: Stage): Promise<void> => {
  const fails = () => syncline.untilTargets('wide', 'has failed', (one) => one.sync === 'Failed');
  await fleet.write('apps/wide/web.yaml', deployment('wide', 3, '      nodeSelectors: { disk: fast }'));
  await fleet.push('Faster disks');
  await fails();
  await syncline.run('retry', 'wide', '--reason', 'once more');
  await fails();
  await fleet.git('revert', '--no-edit', 'HEAD');
  await fleet.git('push', '--quiet');
  await syncline.arrived('wide', await fleet.git('rev-parse', 'HEAD'));
  await fleet.write('apps/wide/web.yaml', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: [\n');
  await fleet.push('Break the manifest');
  await fails();
  await fleet.write('apps/wide/web.yaml', deployment('wide', 1));
  await syncline.arrived('wide', await fleet.push('Mend the manifest'));
  const from = await syncline.position();
  await fleet.write(
    'applications/wide.yaml',
    declaration({ name: 'wide' }).replace('automatic', 'sometimes'),
  );
  await fleet.push('Declare nonsense');
  await syncline.untilEvent(from, 'ConfigurationRejected');
  await fleet.write('applications/wide.yaml', declaration({ name: 'wide', on: production }));
  await fleet.push('Declare it again');
  await syncline.untilEvent(from, 'ConfigurationAccepted');
};

/** A cluster is relabelled, leaves, and another joins. */
const clusters = async ({ syncline, fleet }: Stage): Promise<void> => {
  const on = (names: readonly string[]) =>
    syncline.untilTargets('wide', `is on ${names.join()}`, (one) => one.sync === 'InSync').then((rows) => {
      if (rows.map(({ cluster }) => cluster).sort().join() !== names.join()) throw new Error('not there yet');
    }); // prettier-ignore
  let from = await syncline.position();
  await syncline.run('cluster', 'label', 'staging', 'tier=production');
  await syncline.untilEvent(
    from,
    'ApplySucceeded',
    (one) => one.subject === 'ev.cluster.staging.target.default.wide',
  );
  await on(['prod-eu', 'prod-us', 'staging']);
  from = await syncline.position();
  await syncline.run('cluster', 'remove', 'prod-us');
  await syncline.untilEvent(from, 'TargetReleased', (one) => one.subject === 'ev.plan.prod-us.default.wide');
  from = await syncline.position();
  const kubeconfig = join(syncline.state, 'clusters', 'prod-us', 'kubeconfig');
  await syncline.run('cluster', 'add', 'prod-us', '--kubeconfig', kubeconfig, '--label', 'tier=production');
  await syncline.untilEvent(from, 'RolloutCompleted', (one) => one.subject === 'ev.app.default.wide');
  from = await syncline.position();
  await fleet.remove('applications/wide.yaml');
  await fleet.push('Retire wide');
  await syncline.untilEvent(from, 'ApplicationRetired');
};

it('records deliveries', async () => {
  await record('deliveries', async (stage) => {
    for (const part of [changes, approvals, pauses, failures, clusters]) await part(stage);
  });
});

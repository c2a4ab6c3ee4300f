import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { generateSshKey } from '@syncline/testkit';
import { it } from 'vitest';

import { record } from './recording.js';

it('records revisions that are signed, and one that is not', async () => {
  await record('signed', async ({ syncline, fleet, cloneUrl, folder }) => {
    const key = generateSshKey();
    const file = join(folder, 'signing');
    await writeFile(file, key.private, { mode: 0o600 });
    await writeFile(`${file}.pub`, key.public);
    await writeFile(`${file}.signers`, `dev@example.com ${key.public}\n`);
    const requires = ['--require-signed', '--allowed-signers', `${file}.signers`];
    await syncline.run(
      'repo',
      'add',
      'fleet',
      cloneUrl,
      '--path',
      'applications',
      '--poll',
      '3600',
      ...requires,
    );
    const from = await syncline.position();
    await fleet.edit('apps/storefront/deployment.yaml', 'replicas: 2', 'replicas: 3');
    await fleet.push('Not signed');
    await syncline.run('repo', 'refresh', 'fleet');
    await syncline.untilEvent(from, 'RevisionRefused');
    await fleet.edit('apps/storefront/deployment.yaml', 'replicas: 3', 'replicas: 4');
    await fleet.git('add', '--all');
    const signing = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${file}`];
    await fleet.git(...signing, 'commit', '--quiet', '-S', '--message', 'Signed');
    await fleet.git('push', '--quiet');
    await syncline.run('repo', 'refresh', 'fleet');
    await syncline.arrived('storefront', await fleet.git('rev-parse', 'HEAD'));
  });
});

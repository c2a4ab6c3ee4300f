import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect, it } from 'vitest';

import { root, run } from './platform/command-line.js';
import { sharedInstallation, sharedState } from './platform/shared.js';

const syncline = sharedInstallation();

it('docs/trust-nothing.md can be followed as it is written', async (context) => {
  const { code: noGo } = await run('go', ['version']);
  if (noGo !== 0) context.skip();
  const page = await readFile(join(root, 'docs/trust-nothing.md'), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(7);
  const env = {
    ...process.env,
    SYNCLINE_URL: (await readFile(join(sharedState, 'url'), 'utf8')).trim(),
    SYNCLINE_TOKEN: (await readFile(join(sharedState, 'token'), 'utf8')).trim(),
    SYNCLINE_WITNESS_FILE: join(sharedState, 'witness', 'checkpoints'),
  };
  const { code, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', blocks.join('\n')], {
    cwd: root,
    env,
  });
  expect([code, stdout, stderr.split('\n')[0]]).toEqual([
    0,
    expect.stringMatching(/All \d+ messages of the log are as they were signed/) as string,
    expect.stringMatching(/forged\.export is wrong at position \d+: /) as string,
  ]);
  for (const said of [
    /as given\.\nOf \d+ checkpoints? of the witness \d+ came by, and agree/,
    /The log of \d+ messages begins with the \d+ that the witness was shown/,
    /message 5 is in the log of \d+ messages that was signed/,
    /the log of \d+ messages begins with that of \d+/,
  ])
    expect(stdout).toMatch(said);
  expect(await syncline.run('log', 'tail', '--type', 'CheckpointSigned')).toContain('a checkpoint over');
});

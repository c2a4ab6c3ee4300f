import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { openRefNote } from '../remote/ref-note.js';
import { startGitServer, type GitServer } from '../server/start-git-server.js';

let folder: TemporaryFolder;
let server: GitServer;
beforeAll(async () => {
  folder = await temporaryFolder('ref-note');
  server = await startGitServer({ dir: join(folder.path, 'git'), port: 0 });
  execFileSync('git', ['init', '--quiet', '--bare', join(folder.path, 'git', 'kept.git')]);
});
afterAll(async () => {
  await server.close();
  await folder.remove();
});

const place = { ref: 'refs/heads/checkpoints', file: 'checkpoint' };
const noteBy = (who: string) =>
  openRefNote({ ...place, url: server.urlOf('kept'), dir: join(folder.path, who) });
const kept = (...args: string[]): string =>
  execFileSync('git', ['--git-dir', join(folder.path, 'git', 'kept.git'), ...args]).toString();

it('is nothing before it is written, then the newest text, with all before it in the history', async () => {
  const note = noteBy('one');
  expect(await note.read()).toBeUndefined();
  await note.write('first\n', 'A first');
  await note.write('second\n', 'A second');
  expect(await note.read()).toBe('second\n');
  expect(await noteBy('other').read()).toBe('second\n');
  expect(kept('log', '--format=%s', place.ref).trim().split('\n')).toEqual(['A second', 'A first']);
  expect(kept('show', `${place.ref}~1:checkpoint`)).toBe('first\n');
});

it('goes on behind what somebody else has written', async () => {
  await noteBy('other').write('third\n', 'A third');
  await noteBy('one').write('fourth\n', 'A fourth');
  expect(kept('log', '--format=%s', place.ref).trim().split('\n')).toHaveLength(4);
});

it('of a remote that is not there says so', async () => {
  const note = openRefNote({
    ...place,
    url: `file://${folder.path}/nowhere.git`,
    dir: join(folder.path, 'none'),
  });
  await expect(note.read()).rejects.toMatchObject({ code: expect.stringMatching(/git|remote/) as string });
});

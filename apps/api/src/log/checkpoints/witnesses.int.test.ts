import { execFileSync } from 'node:child_process';
import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { startGitServer } from '@syncline/git';
import { splitNotes } from '@syncline/log-proofs';
import { eventually, temporaryFolder } from '@syncline/testkit';
import { expect, it, onTestFinished } from 'vitest';

import { firstKey, RecordedLog, secondKey } from '../../testing/recorded-log.js';
import { fileWitness } from './file-witness.js';
import { gitWitness } from './git-witness.js';
import type { Witness } from './witnesses.js';

const begin = async (more: readonly Witness[] = [], events = 5): Promise<RecordedLog> => {
  const log = await RecordedLog.begin(more);
  onTestFinished(() => log.remove());
  for (let at = 0; at < events; at += 1) await log.append(at);
  return log;
};
/** The same log to whoever asks for its name and key, with another history. */
const witnessedBy = async (witness: string, events: number, more = 0): Promise<RecordedLog> => {
  const other = await begin([], events);
  await mkdir(dirname(other.witness), { recursive: true });
  await copyFile(witness, other.witness);
  if (more > 0) await other.append(more);
  await other.sign();
  return other;
};

it('a file has every checkpoint, one behind the other, over restarts and over another key', async () => {
  const log = await begin();
  const notes = [(await log.sign()).note];
  await log.append(6);
  notes.push((await log.sign()).note);
  await log.close();
  await log.open(secondKey, firstKey);
  notes.push((await log.sign()).note);
  expect(splitNotes(await readFile(log.witness, 'utf8'))).toEqual(notes);
  expect(await fileWitness(log.witness).last()).toBe(notes.at(-1));
  expect(log.halted).toEqual([]);
});

it('a log that is shorter than what the witness was shown stops everything', async () => {
  const log = await begin([], 9);
  await log.sign();
  const other = await witnessedBy(log.witness, 3);
  expect(other.halted[0]).toMatch(/holds a checkpoint over 10 messages, and the log has 5/);
});

it('a log that leads to another root than the witness was shown stops everything', async () => {
  const log = await begin([], 5);
  await log.sign();
  const other = await witnessedBy(log.witness, 8, 2);
  expect(other.halted[0]).toMatch(/holds another checkpoint over 6 messages than the log leads to/);
});

it('a file that holds something else is left as it is, and that is said', async () => {
  const log = await begin();
  await mkdir(dirname(log.witness), { recursive: true });
  await writeFile(log.witness, 'groceries\n\n\u2014 milk AAAAAAA=\n\n');
  await log.sign();
  expect(await readFile(log.witness, 'utf8')).not.toContain('syncline.test');
  expect(log.trouble).toMatch(/cannot be shown the checkpoint: what it holds is no checkpoint/);
  expect(log.halted).toEqual([]);
});

it.each([5, 40, 90, 160])(
  'a note that was cut off after %d characters is passed over, and the next one stands whole behind it',
  async (length) => {
    const log = await begin();
    const { note } = await log.sign();
    await appendFile(log.witness, note.slice(0, length));
    expect(await fileWitness(log.witness).last()).toBe(note);
    await log.append(6);
    const next = await log.sign();
    expect(splitNotes(await readFile(log.witness, 'utf8'))).toEqual([note, next.note]);
  },
);

it('a ref of a repository has a commit for each checkpoint, and is only continued', async () => {
  const folder = await temporaryFolder('git-witness');
  onTestFinished(folder.remove);
  const server = await startGitServer({ dir: join(folder.path, 'git'), port: 0 });
  onTestFinished(server.close);
  const repository = join(folder.path, 'git', 'kept.git');
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  const ref = 'refs/heads/checkpoints';
  const witness = gitWitness({ url: server.urlOf('kept'), ref }, join(folder.path, 'own.git'));
  const log = await begin([witness]);
  // A checkpoint does not wait for a witness that is slow.
  const isShown = async ({ note }: { note: string }) => (await witness.last()) === note;
  const first = await log.sign();
  await eventually(() => isShown(first), 30_000, 'the first is kept');
  await log.append(7);
  const second = await log.sign();
  await eventually(() => isShown(second), 30_000, 'the second is kept');
  const shown = (at: string): string =>
    execFileSync('git', ['--git-dir', repository, 'show', `${at}:checkpoint`]).toString();
  expect([shown(`${ref}~1`), shown(ref)]).toEqual([first.note, second.note]);
});

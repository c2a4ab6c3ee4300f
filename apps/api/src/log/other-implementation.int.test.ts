import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { temporaryFolder, type TemporaryFolder } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { firstKey, keyText, RecordedLog } from '../testing/recorded-log.js';
import type { SignedCheckpoint } from './checkpoints/checkpoints.js';

const run = promisify(execFile);
const sources = fileURLToPath(new URL('../../../../examples/check-proof/', import.meta.url));
const hasGo = await run('go', ['version']).then(
  () => true,
  () => false,
);
if (!hasGo) console.log('proofs are not given to golang.org/x/mod: there is no Go on this machine');

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

describe.skipIf(!hasGo)('golang.org/x/mod, which knows nothing of us', () => {
  let folder: TemporaryFolder;
  let log: RecordedLog;
  const heads: SignedCheckpoint[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder('check-proof');
    const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
    await run('go', ['build', '-o', join(folder.path, 'check-proof'), '.'], { cwd: sources, env });
    log = await RecordedLog.begin();
    for (let at = 0; at < 70; at += 1) {
      await log.append(at);
      if (at % 9 === 4) heads.push(await log.sign());
    }
  });
  afterAll(async () => {
    await log.remove();
    await folder.remove();
  });

  const check = async (kind: string, input: object): Promise<{ code: number | null; said: string }> => {
    const child = spawn(join(folder.path, 'check-proof'), [kind, keyText(firstKey)]);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (said += data.toString()));
    child.stdin.end(JSON.stringify(input));
    await once(child, 'close');
    return { code: child.exitCode, said };
  };

  const proofOf = async (sequence: number, checkpoint: SignedCheckpoint) => {
    const message = (await log.world.messages.message(sequence))!;
    return {
      ...{ sequence, subject: message.subject, recordedAtNs: String(message.recordedAtNs) },
      bytes: Buffer.from(message.bytes).toString('base64'),
      path: (await log.tree.inclusion(sequence, checkpoint.size)).map(hex),
      checkpoint: { note: checkpoint.note },
    };
  };

  it('accepts each proof that a message is in the log, and none that was changed', async () => {
    for (const checkpoint of heads.slice(-3)) {
      for (const sequence of [1, 2, 17, checkpoint.size - 1, checkpoint.size]) {
        const proof = await proofOf(sequence, checkpoint);
        expect(await check('inclusion', proof)).toMatchObject({ code: 0 });
        expect(await check('inclusion', { ...proof, sequence: sequence + 1 })).toMatchObject({ code: 1 });
        expect(await check('inclusion', { ...proof, recordedAtNs: '1' })).toMatchObject({ code: 1 });
        expect(await check('inclusion', { ...proof, path: proof.path.slice(1) })).toMatchObject({ code: 1 });
      }
    }
  });

  it('accepts each proof that a checkpoint begins with an earlier one, and none that was changed', async () => {
    const last = heads.at(-1)!;
    for (const first of heads) {
      const path = (await log.tree.consistency(first.size, last.size)).map(hex);
      const proof = { from: { note: first.note }, to: { note: last.note }, path };
      expect(await check('consistency', proof)).toMatchObject({ code: 0 });
      if (first !== last)
        expect(await check('consistency', { ...proof, from: proof.to, to: proof.from })).toMatchObject({
          code: 1,
        });
      expect(await check('consistency', { ...proof, path: [...path, '0'.repeat(64)] })).toMatchObject({
        code: 1,
      });
    }
  });

  it('opens the signed notes, and none that another key or nobody has signed', async () => {
    const proof = await proofOf(3, heads.at(-1)!);
    const note = proof.checkpoint.note.replace(/^(\S+\n)\d+/, '$117');
    const { code, said } = await check('inclusion', { ...proof, checkpoint: { note } });
    expect([code, said]).toEqual([1, expect.stringContaining('invalid signature')]);
  });
});

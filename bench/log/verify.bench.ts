import { createReadStream } from 'node:fs';
import { join } from 'node:path';

import { sha256Bytes } from '@syncline/kernel';
import { ExportVerifier } from '@syncline/log-proofs';

import type { Benchmark } from '../benchmark.ts';
import { measured } from '../usage.ts';
import { writeSignedExport } from './signed-export.ts';

const events = 1_000_000;
const mostSeconds = 10;
const chunkBytes = 256 * 1024;

/** The floor: the same file, of whose frames each body is hashed, and parsed where it is a message. */
const readBare = async (file: string): Promise<number> => {
  let messages = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let at = messages === 0 && rest.length === 0 ? bytes.indexOf(10) + 1 : 0;
    for (;;) {
      const end = bytes.indexOf(10, at);
      if (end < 0) break;
      const line = bytes.toString('latin1', at, end);
      const length = Number(line.slice(line.lastIndexOf(' ') + 1));
      if (end + 1 + length >= bytes.length) break;
      const body = bytes.subarray(end + 1, end + 1 + length);
      sha256Bytes(body);
      if (line.startsWith('message ')) {
        JSON.parse(body.toString());
        messages += 1;
      }
      at = end + 1 + length + 1;
    }
    rest = bytes.subarray(at);
  }
  return messages;
};

const verify = async (file: string): Promise<number> => {
  const verifier = new ExportVerifier();
  for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes }))
    verifier.push(chunk as Buffer);
  return verifier.finish().messages;
};

/** How long an auditor waits for the whole log of a fleet to be checked. */
export const benchmark: Benchmark = {
  name: 'verify',
  about: 'checks an export of a million events on one core, beside hashing and parsing its bytes',
  atMostMinutes: 10,
  run: async ({ dir, say }) => {
    const file = join(dir, 'log.export');
    say(`writing an export of ${events} events`);
    await writeSignedExport(file, events);
    say('verifying it');
    const pids = { verifier: process.pid };
    const floor = await measured(pids, () => readBare(file));
    const found = await measured(pids, () => verify(file));
    if (found.result !== floor.result)
      throw new Error(`${found.result} of ${floor.result} messages were verified`);
    return [
      {
        ...{ name: 'verify', value: found.seconds, unit: 's', floor: floor.seconds },
        ...{ target: mostSeconds, better: 'lower', usage: found.usage },
      },
    ];
  },
};

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** What was registered at earlier starts, by name: digests, because what was sealed cannot be compared. */
export type Registrations = {
  /** Runs `register` unless exactly this was registered before. */
  readonly once: (name: string, content: unknown, register: () => Promise<unknown>) => Promise<void>;
};

const digestsFile = z.record(z.string(), z.string());

const digestOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex');

/** The registrations that a file remembers. A file that cannot be read means: register anew, which changes nothing. */
export const rememberRegistrations = async (file: string): Promise<Registrations> => {
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const done = new Map(Object.entries(digestsFile.catch({}).parse(JSON.parse(text))));
  return {
    once: async (name, content, register) => {
      const digest = digestOf(content);
      if (done.get(name) === digest) return;
      await register();
      done.set(name, digest);
      await writeFile(file, JSON.stringify(Object.fromEntries(done)), { mode: 0o600 });
    },
  };
};

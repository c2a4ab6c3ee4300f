import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { fetchError } from '../remote/classify.js';

const programs = ['ssh', 'ssh-agent', 'ssh-add', 'ssh-keyscan'] as const;

/** Whether a program lies on the PATH. */
export const hasProgram = async (name: string): Promise<boolean> => {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((one) => one !== '');
  const found = folders.map((folder) => access(join(folder, name), constants.X_OK));
  return Promise.any(found).then(
    () => true,
    () => false,
  );
};

/** Throws `unequipped` with a sentence where this machine has no OpenSSH client. */
export const verifySsh = async (remote: string): Promise<void> => {
  for (const program of programs) {
    if (await hasProgram(program)) continue;
    const sentence = `Reading it takes OpenSSH, and there is no ${program} on this machine: install openssh-client.`;
    throw fetchError('unequipped', remote, sentence);
  }
};

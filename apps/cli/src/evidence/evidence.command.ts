import { CommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';

import { findApplication } from '../application/find-application.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

type Options = CommonOptions & { readonly revision: string; readonly file?: string };

const write = async (
  surroundings: Surroundings,
  name: string,
  {
    revision,
    file = `evidence-${name.replaceAll('/', '-')}-${revision.slice(0, 7)}.zip`,
    ...options
  }: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const { project, name: application } = await findApplication(api, name);
  const path = `/v1/applications/${encodeURIComponent(project)}/${encodeURIComponent(application)}/evidence`;
  const query = new URLSearchParams({ revision });
  const response = await api.request('GET', `${path}?${query.toString()}`, undefined, {
    signal: surroundings.signal,
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  await writeFile(file, bytes, { mode: 0o600 }).catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandRefused('file-unwritable', `${file} cannot be written (${why}).`);
  });
  session.show(
    { file, bytes: bytes.length },
    () =>
      `The evidence is in ${file}: report.html in it is to be read and printed. Check it: syncline log verify ${file}`,
  );
};

/** `syncline evidence` */
export const addEvidence = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'evidence <application>',
    about:
      'Write what is recorded of a revision into one signed archive that an auditor reads and checks without a server: commit, plans, approvals, applies, health, and the proofs that they are in the log.',
    examples: [
      'syncline evidence checkout --revision 9d03e77',
      'syncline evidence checkout --revision 9d03e77 --file audit.zip && syncline log verify audit.zip',
    ],
  })
    .requiredOption('--revision <sha>', 'the revision, or its first 7 digits or more')
    .option('--file <file>', 'where to write it; evidence-APPLICATION-REVISION.zip by default')
    .action((name: string, options: Options) => write(surroundings, name, options));
};

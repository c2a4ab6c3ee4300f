import { CommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';

import { findApplication } from '../application/find-application.js';
import { addLeaf } from '../shell/leaf.js';
import { readInstant } from '../shell/instants.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

type Options = CommonOptions & {
  readonly revision?: string;
  readonly from?: string;
  readonly to?: string;
  readonly since?: string;
  readonly file?: string;
};

/** What is asked for: a revision, or a period as the API takes it. */
const askedOf = ({ revision, from, to, since }: Options, now: Date): Readonly<Record<string, string>> => {
  const begin = since === undefined ? from : `${since} ago`;
  const isOne = [revision, from, since].filter((one) => one !== undefined).length === 1;
  if (!isOne || (revision !== undefined && to !== undefined))
    throw new CommandRefused('usage', 'Give one of --revision, --from with or without --to, and --since.');
  if (revision !== undefined) return { revision };
  return { from: readInstant(begin ?? '', now), to: readInstant(to ?? 'now', now) };
};

/** Names a file after what is in it. */
const fileOf = (name: string, asked: Readonly<Record<string, string>>): string => {
  const { revision, from = '', to = '' } = asked;
  const what =
    revision === undefined ? [from, to].map((one) => one.slice(0, 10)).join('-to-') : revision.slice(0, 7);
  return `evidence-${name.replaceAll('/', '-')}-${what}.zip`;
};

const write = async (surroundings: Surroundings, name: string, options: Options): Promise<void> => {
  const asked = askedOf(options, surroundings.now());
  const { file = fileOf(name, asked) } = options;
  const session = openSession(surroundings, options);
  const api = await session.api();
  const { project, name: application } = await findApplication(api, name);
  const path = `/v1/applications/${encodeURIComponent(project)}/${encodeURIComponent(application)}/evidence`;
  const query = new URLSearchParams(asked);
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
      'Write what is recorded of a revision, or of everything that was deployed within a period, into one signed archive that an auditor reads and checks without a server: commit, plans, approvals, applies, health, and the proofs that they are in the log.',
    examples: [
      'syncline evidence checkout --revision 9d03e77',
      'syncline evidence checkout --since 30d',
      'syncline evidence checkout --from 2026-04-01 --to 2026-07-01 --file quarter.zip',
      'syncline evidence checkout --revision 9d03e77 --file audit.zip && syncline log verify audit.zip',
    ],
  })
    .option('--revision <sha>', 'the revision, or its first 7 digits or more')
    .option(
      '--from <instant>',
      'everything deployed from then on: 2026-05-04T14:31:00Z, 2026-05-04, "2h ago"',
    )
    .option('--to <instant>', 'with --from: until then; until now by default')
    .option('--since <length>', 'everything deployed within this long before now: 30d, 12h')
    .option(
      '--file <file>',
      'where to write it; evidence-APPLICATION-REVISION.zip by default, or with the days',
    )
    .action((name: string, options: Options) => write(surroundings, name, options));
};

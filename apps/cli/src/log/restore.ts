import { restoreArchive, type ArchiveReport } from '@syncline/archive';
import { LogRestore } from '@syncline/event-store';
import { CommandRefused } from '@syncline/kernel';
import { readKeys, type Beside } from '@syncline/log-proofs';
import { readFile } from 'node:fs/promises';

import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { openPlace } from './archive-place.js';

/** What to restore, whose keys are trusted, and the log's server where it is not the one of a local installation. */
export type RestoreOptions = CommonOptions & {
  readonly from: string;
  readonly key?: readonly string[];
  readonly nats?: string;
  readonly credentials?: string;
};

type LogPlace = { readonly servers: string; readonly credentials: string };

const keysOf = (texts: readonly string[]): Beside => {
  try {
    return { keys: readKeys(texts) };
  } catch (error) {
    throw new CommandRefused('key-malformed', `${error instanceof Error ? error.message : String(error)}.`);
  }
};

const credentialsIn = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandRefused('file-unreadable', `${file} cannot be read (${why}).`);
  });

/** Does the work with the log's server there: the one that is named, or that of the local installation, which must not run. */
const withLog = async (
  surroundings: Surroundings,
  options: RestoreOptions,
  work: (place: LogPlace) => Promise<ArchiveReport>,
): Promise<ArchiveReport> => {
  const { nats, credentials } = options;
  if ((nats === undefined) !== (credentials === undefined))
    throw new CommandRefused('options-conflict', 'Give --nats and --credentials together, or neither.');
  if (nats !== undefined && credentials !== undefined)
    return work({ servers: nats, credentials: await credentialsIn(credentials) });
  const { withLocalLog } = await import('../up/local-log.js');
  return withLocalLog(openSession(surroundings, options), work);
};

/** Puts an archive back into an installation that has no log yet, and proves that it is the one that was signed. */
export const restoreLog = async (surroundings: Surroundings, options: RestoreOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const store = openPlace(options.from);
  const beside = keysOf(options.key ?? []);
  const { err } = surroundings;
  const report = await withLog(surroundings, options, (place) =>
    restoreArchive(
      {
        ...{ store, beside },
        open: async (archive) => {
          const target = await LogRestore.open(place, archive);
          if (target.present > 0) err(`${target.present} messages are there already; going on behind them`);
          return target;
        },
        onVerified: ({ size, segments, missing }) => {
          err(`the archive is as it was signed: ${size} messages in ${segments} segments`);
          if (missing > 0) err(`${missing} blobs were not in the store when they were archived`);
        },
        onSegment: ({ name }, { size }) => err(`${name}  up to message ${size}`),
      },
      (target) => target.close(),
    ),
  );
  session.show(report, () =>
    [
      `The log is restored: ${report.size} messages, which lead to the root that was signed, ${report.root}.`,
      report.isKeyGiven
        ? `Signed by ${report.key}, as given.`
        : `Signed by ${report.key}. Only the archive says that this is the log's key: give the one that you know with --key.`,
    ].join('\n'),
  );
};

import type { Command } from 'commander';

import { addLeaf, collect } from '../shell/leaf.js';
import type { Surroundings } from '../shell/surroundings.js';
import { archive, type ArchiveOptions } from './archive.js';
import { restoreLog, type RestoreOptions } from './restore.js';

/** `syncline log archive` and `restore`. */
export const addKeeping = (log: Command, surroundings: Surroundings): void => {
  addLeaf(log, {
    usage: 'archive',
    about: 'Add what was recorded since the last time to an archive, which can be verified and put back.',
    examples: ['syncline log archive --to /mnt/archive'],
  })
    .requiredOption('--to <place>', 'a folder')
    .action((options: ArchiveOptions) => archive(surroundings, options));
  addLeaf(log, {
    usage: 'restore',
    about:
      'Put an archive back into an installation that has no log, and prove that it is the one that was signed. Nothing may run meanwhile.',
    examples: [
      'syncline log restore --from /mnt/archive --key syncline/ae53…+ARME…',
      'syncline log restore --from /mnt/archive --nats nats://nats:4222 --credentials bootstrap.creds',
    ],
  })
    .requiredOption('--from <place>', 'a folder')
    .option('--key <key>', 'a key that you trust, as log checkpoint shows it; may be given again', collect)
    .option('--nats <url>', "the log's server, where it is not that of a local installation")
    .option('--credentials <file>', 'the bootstrap user of that server')
    .action((options: RestoreOptions) => restoreLog(surroundings, options));
};

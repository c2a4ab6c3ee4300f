import type { Command } from 'commander';

import { addLeaf, collect } from '../shell/leaf.js';
import type { CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { showCheckpoint, showProof } from './checkpoint.js';
import { checkConsistency } from './consistency.js';
import { exportLog, parseSequence, type ExportOptions } from './export.js';
import { verifyExport, type VerifyOptions } from './verify.js';

/** `syncline log checkpoint`, `proof`, `consistency`, `export` and `verify`. */
export const addProving = (log: Command, surroundings: Surroundings): void => {
  addLeaf(log, {
    usage: 'checkpoint',
    about: 'Show the newest checkpoint of the log: a signature over everything up to there.',
    examples: ['syncline log checkpoint', 'syncline log checkpoint --sign'],
  })
    .option('--sign', 'sign one over all that the log holds now')
    .action((options: CommonOptions & { sign?: boolean }) => showCheckpoint(surroundings, options));
  addLeaf(log, {
    usage: 'proof <position>',
    about: 'Show the proof that a message of the log is under its newest checkpoint (RFC 6962).',
    examples: ['syncline log proof 812 -o json'],
  }).action((position: string, options: CommonOptions) => showProof(surroundings, position, options));
  addLeaf(log, {
    usage: 'consistency <witness>',
    about: 'Check that the log begins with what a witness was shown last: a file of checkpoints.',
    examples: ['syncline log consistency /mnt/witness/checkpoints'],
  }).action((file: string, options: CommonOptions) => checkConsistency(surroundings, file, options));
  addLeaf(log, {
    usage: 'export <file>',
    about: 'Write the log, or a part of it, into one file that log verify checks by itself.',
    examples: ['syncline log export log.export', 'syncline log export part.export --from 100 --to 200'],
  })
    .option('--from <position>', 'the first message', parseSequence)
    .option('--to <position>', 'the last message', parseSequence)
    .option('--change <id>', 'the messages of one change, by its correlation id')
    .action((file: string, options: ExportOptions) => exportLog(surroundings, file, options));
  addLeaf(log, {
    usage: 'verify <file>',
    about:
      'Check an export or an archive of evidence by itself: no server, no configuration, no state. Names the first position, or the file, that is wrong.',
    examples: [
      'syncline log verify log.export --witness /mnt/witness/checkpoints',
      'syncline log verify evidence-checkout-9d03e77.zip',
    ],
  })
    .option('--key <key>', 'a key that you trust, as log checkpoint shows it; may be given again', collect)
    .option('--witness <file>', 'checkpoints that somebody else kept; may be given again', collect)
    .action((file: string, options: VerifyOptions) => verifyExport(surroundings, file, options));
};

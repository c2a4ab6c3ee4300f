import { join } from 'node:path';

import type { Hub } from '@syncline/event-store';
import type { Metrics } from '@syncline/observability';

import type { Config } from '../config.js';
import type { RequestLog } from '../requests/log.js';
import { Checkpoints } from './checkpoints/checkpoints.js';
import { fileWitness } from './checkpoints/file-witness.js';
import { gitWitness } from './checkpoints/git-witness.js';
import type { Witness } from './checkpoints/witnesses.js';
import { LogTree } from './tree/log-tree.js';

type RecordConfig = Pick<
  Config,
  'stateDir' | 'checkpointKeys' | 'checkpointEveryMs' | 'witnessFile' | 'witnessGit'
>;

/** What makes the log checkable: its tree and its checkpoints, open. */
export type LogRecord = {
  readonly tree: LogTree;
  readonly checkpoints: Checkpoints;
  readonly close: () => Promise<void>;
};

const witnessesOf = ({ witnessFile, witnessGit, stateDir }: RecordConfig): readonly Witness[] => [
  ...(witnessFile === undefined ? [] : [fileWitness(witnessFile)]),
  ...(witnessGit ? [gitWitness(witnessGit, join(stateDir, 'witness.git'))] : []),
];

/** Opens the tree of the log and begins to sign it. Where the log is not the one that was seen or signed, nothing is written any more. */
export const openRecord = async (
  config: RecordConfig,
  hub: Hub,
  metrics: Metrics,
  say: RequestLog,
): Promise<LogRecord> => {
  const halt = (reason: string): void => hub.stopWriting(reason);
  const tree = await LogTree.open({ log: hub.log, stateDir: config.stateDir, say, halt });
  tree.start();
  hub.onReturn(() => tree.auditAgain());
  const checkpoints = new Checkpoints({
    ...{ log: hub.log, aggregates: hub.aggregates, tree, say, halt },
    ...{ keys: config.checkpointKeys, everyMs: config.checkpointEveryMs },
    witnesses: witnessesOf(config),
  });
  checkpoints.start();
  metrics.observed('syncline_log_tree_messages', "Messages that the log's tree covers.", [], (gauge) =>
    gauge.set(tree.size),
  );
  metrics.observed(
    'syncline_checkpoints_failing',
    'Whether the log could not be signed the last time, or that not be shown to a witness: 1 or 0.',
    [],
    (gauge) => gauge.set(checkpoints.trouble === undefined ? 0 : 1),
  );
  return {
    tree,
    checkpoints,
    close: async () => {
      await checkpoints.close();
      await tree.close();
    },
  };
};

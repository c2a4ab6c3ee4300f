import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';

import { parseSequence, writeExport } from '../log/export.js';
import { exitCodes } from '../shell/exit-codes.js';
import { dataText } from '../shell/formats.js';
import { addLeaf, collect } from '../shell/leaf.js';
import { printable } from '../shell/printable.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { runPlanner } from './run-planner.js';
import type { Difference, ShadowReport } from './shadow-lines.js';
import { differenceLine, reportText } from './shadow-text.js';

type Options = CommonOptions & {
  readonly from?: number;
  readonly to?: number;
  readonly key?: readonly string[];
};

/** So many differences are listed; of more, only how many there are is said. */
const listed = 1_000;
const parts = { verify: 'verified', decide: 'decided again' } as const;

const compare = async (surroundings: Surroundings, file: string, options: Options): Promise<void> => {
  const { output = 'table' } = options;
  const differences: Difference[] = [];
  let report: ShadowReport | undefined;
  let told = 0;
  for await (const line of runPlanner({ ...options, file }, surroundings.signal)) {
    if (line.line === 'refused') throw new CommandRefused(line.code, printable(line.message));
    else if (line.line === 'report') report = line.report;
    else if (line.line === 'progress')
      surroundings.err(`${parts[line.what]}: ${Math.floor(line.share * 100)} %`);
    else if ((told += 1) <= listed) {
      if (output === 'table') surroundings.out(printable(differenceLine(line.difference)));
      else differences.push(line.difference);
    }
  }
  if (!report) return;
  if (output === 'table') {
    if (told > listed) surroundings.out(`${told - listed} more differ.`);
    surroundings.out(reportText(report));
  } else surroundings.out(dataText({ ...report, differences, omitted: Math.max(0, told - listed) }, output));
  if (report.different > 0) surroundings.setExitCode(exitCodes.differences);
};

/** Without a file it is the log of the installation. */
const compareRunning = async (surroundings: Surroundings, options: Options): Promise<void> => {
  const api = await openSession(surroundings, options).api();
  const folder = await mkdtemp(join(tmpdir(), 'syncline-shadow-'));
  try {
    const file = join(folder, 'log.export');
    await writeExport(api, file, {}, surroundings.signal);
    await compare(surroundings, file, options);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** `syncline shadow` */
export const addShadow = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'shadow [file]',
    about:
      'Let the planner of this version decide again over a recorded log, and list what it decides otherwise. Nothing is deployed and nothing recorded. Ends with 3 where something differs.',
    examples: [
      'syncline shadow log.export',
      'syncline shadow log.export --from 4100 -o json',
      'syncline shadow --from 4100 --to 4800',
    ],
  })
    .option('--from <position>', 'compare decisions from this message on', parseSequence)
    .option('--to <position>', 'compare decisions up to this message', parseSequence)
    .option('--key <key>', 'a key that you trust, as log checkpoint shows it; may be given again', collect)
    .action((file: string | undefined, options: Options) =>
      file === undefined ? compareRunning(surroundings, options) : compare(surroundings, file, options),
    );
};

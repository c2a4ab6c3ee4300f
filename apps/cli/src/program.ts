import { Command } from 'commander';

import type { Surroundings } from './shell/surroundings.js';

type Part = {
  readonly words: readonly string[];
  readonly load: () => Promise<(program: Command, surroundings: Surroundings) => void>;
};

const parts: readonly Part[] = [
  { words: ['up', 'down'], load: async () => (await import('./up/up.command.js')).addUpAndDown },
  { words: ['init'], load: async () => (await import('./init/init.command.js')).addInit },
  { words: ['validate'], load: async () => (await import('./validate/validate.command.js')).addValidate },
  { words: ['doctor'], load: async () => (await import('./doctor/doctor.command.js')).addDoctor },
  { words: ['status'], load: async () => (await import('./status/status.command.js')).addStatus },
  { words: ['repo'], load: async () => (await import('./repo/repo.command.js')).addRepo },
  {
    words: ['registry', 'artifact'],
    load: async () => (await import('./artifacts/artifacts.command.js')).addArtifacts,
  },
  { words: ['cluster'], load: async () => (await import('./cluster/cluster.command.js')).addCluster },
  { words: ['agent'], load: async () => (await import('./cluster/agent.command.js')).addAgentCommand },
  { words: ['app'], load: async () => (await import('./application/app.command.js')).addApp },
  { words: ['plan', 'diff'], load: async () => (await import('./plan/plan.command.js')).addPlanAndDiff },
  {
    words: ['approve', 'reject'],
    load: async () => (await import('./plan/approve.command.js')).addApproveAndReject,
  },
  {
    words: ['pause', 'resume'],
    load: async () => (await import('./pausing/pausing.command.js')).addPauseAndResume,
  },
  {
    words: ['resources'],
    load: async () => (await import('./resources/resources.command.js')).addResources,
  },
  { words: ['dora'], load: async () => (await import('./delivery/delivery.command.js')).addDelivery },
  { words: ['drift'], load: async () => (await import('./drift/drift.command.js')).addDrift },
  { words: ['as-of'], load: async () => (await import('./past/as-of.command.js')).addAsOf },
  {
    words: ['evidence'],
    load: async () => (await import('./evidence/evidence.command.js')).addEvidence,
  },
  {
    words: ['suspects'],
    load: async () => (await import('./suspects/suspects.command.js')).addSuspects,
  },
  { words: ['parted'], load: async () => (await import('./parted/parted.command.js')).addParted },
  { words: ['why'], load: async () => (await import('./why/why.command.js')).addWhy },
  { words: ['blame'], load: async () => (await import('./blame/blame.command.js')).addBlame },
  { words: ['retry'], load: async () => (await import('./plan/retry.command.js')).addRetry },
  {
    words: ['replay', 'deployments'],
    load: async () => (await import('./replays/replay.command.js')).addReplayAndDeployments,
  },
  { words: ['restore'], load: async () => (await import('./restores/restore.command.js')).addRestore },
  { words: ['undelete'], load: async () => (await import('./replays/undelete.command.js')).addUndelete },
  { words: ['history'], load: async () => (await import('./story/history.command.js')).addHistory },
  { words: ['wait'], load: async () => (await import('./wait/wait.command.js')).addWait },
  { words: ['log'], load: async () => (await import('./log/log.command.js')).addLog },
  { words: ['shadow'], load: async () => (await import('./shadow/shadow.command.js')).addShadow },
  { words: ['token'], load: async () => (await import('./token/token.command.js')).addToken },
];

/** The whole command line, or as much of it as the first word asks for: it starts faster without the rest. */
export const createProgram = async (surroundings: Surroundings, word?: string): Promise<Command> => {
  const program = new Command('syncline')
    .description('GitOps delivery with a memory, for fleets of Kubernetes clusters.')
    .version('0.1.0')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => surroundings.out(text.trimEnd()),
      writeErr: (text) => surroundings.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help says what there is)');
  const asked = parts.filter(({ words }) => word !== undefined && words.includes(word));
  for (const { load } of asked.length > 0 ? asked : parts) (await load())(program, surroundings);
  return program;
};

import { runningProcesses } from '@syncline/toolchain';

import { recordChildren } from './claim.js';
import type { Places } from './places.js';
import type { Ports } from './ports.js';
import type { Say } from './say.js';
import { supervise, type Run, type Supervised } from './supervised.js';
import type { Waits } from './waits.js';

/** A local installation that is being started or runs: where it is, and what it has started so far. */
export type Installation = {
  /** The checkout whose built services are run. */
  readonly root: string;
  readonly places: Places;
  readonly ports: Ports;
  /** The environment of whoever starts it; services get a chosen part of it. */
  readonly surroundings: NodeJS.ProcessEnv;
  readonly say: Say;
  readonly waits: Waits;
  /** Long work on single tools. */
  readonly progress: Say;
  readonly supervise: (name: string, start: () => Promise<Run>) => Promise<Supervised>;
  /** Something that runs inside the supervisor, to be closed once the services have ended. */
  readonly closeLater: (close: () => Promise<void>) => void;
  /** Stops everything: what was started last first, and things of one stage side by side. */
  readonly stop: () => Promise<void>;
};

/** Services end before what they are connected to; clusters need nobody. */
const stageOf = (name: string): number => {
  if (name === 'nats-server' || name === 'postgres') return 2;
  return name === 'sandbox' || name.startsWith('cluster ') ? 1 : 0;
};

/** Ends a part, and its process that is not ready yet: nobody waits for that any more. */
const end = async ({ name, stop }: Supervised): Promise<void> => {
  const starting = runningProcesses().filter((one) => one.name === name);
  await Promise.all([stop(), ...starting.map((one) => one.stop())]);
};

type Beginning = Pick<Installation, 'root' | 'places' | 'ports' | 'surroundings' | 'say' | 'waits'>;

/** An installation of which nothing runs yet. */
export const beginInstallation = (beginning: Beginning): Installation => {
  const { places, say, waits } = beginning;
  const parts: Supervised[] = [];
  const closers: (() => Promise<void>)[] = [];
  let stopping = false;
  let recording = Promise.resolve();
  const pidsByPart = (): Record<string, readonly number[]> =>
    Object.fromEntries(parts.map((part) => [part.name.replace(/^cluster /, ''), part.pids()]));
  const record = (): Promise<void> => {
    recording = recording
      .then(() => recordChildren(places, pidsByPart()))
      .catch((error: unknown) => say(`the list of what runs cannot be written: ${String(error)}`));
    return recording;
  };
  return {
    ...beginning,
    progress: say,
    closeLater: (close) => void closers.push(close),
    supervise: async (name, start) => {
      const begin = (): Promise<Run> => waits.during(name, start());
      const part = await supervise({ name, start: begin, say, onStarted: record });
      parts.push(part);
      if (stopping) await part.stop();
      await record();
      return part;
    },
    stop: async () => {
      stopping = true;
      for (const stage of [0, 1, 2]) {
        if (stage === 1) await Promise.all(closers.map((close) => close()));
        const ending = parts.filter((part) => stageOf(part.name) === stage);
        await Promise.all(ending.map((part) => waits.during(`the end of ${part.name}`, end(part))));
      }
      await Promise.all(runningProcesses().map((one) => one.stop()));
      await recording;
    },
  };
};

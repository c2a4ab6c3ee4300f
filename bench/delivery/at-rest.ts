import { setTimeout as delay } from 'node:timers/promises';

import type { Figure } from '../benchmark.ts';
import { measured } from '../usage.ts';
import { pollSeconds, type Installation } from './installation.ts';

const restMs = 60_000;
/** What the last apply started has ended by then. */
const settleMs = 8_000;

/** A minute in which nothing changes: only watches may be open, only polls may go to the repository. */
export const atRest = async (installation: Installation): Promise<readonly Figure[]> => {
  await delay(settleMs);
  const since = await installation.auditSize();
  const gitBefore = installation.gitRequests();
  const { usage } = await measured(installation.pids, () => delay(restMs));
  const calls = (await installation.requestsOf('syncline', since)).filter(({ verb }) => verb !== 'watch');
  const polls = Math.ceil(restMs / 1000 / pollSeconds) + 1;
  const cpu = usage.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const common = { better: 'lower', usage } as const;
  return [
    {
      name: 'at rest: API calls but watches',
      value: calls.length,
      unit: 'calls/min',
      floor: 0,
      target: 0,
      ...common,
    },
    {
      ...{
        name: 'at rest: Git requests',
        value: installation.gitRequests() - gitBefore,
        unit: 'requests/min',
      },
      ...{ floor: polls * requestsPerPoll, target: polls * requestsPerPoll, ...common },
    },
    { name: 'at rest: CPU of all services', value: cpu, unit: 's/min', floor: 0, target: 6, ...common },
  ];
};

/** Protocol v2: the capabilities, and the refs. */
const requestsPerPoll = 2;

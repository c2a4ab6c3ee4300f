import type { Metrics } from '@syncline/observability';

/** The parts of planning whose time is told apart. */
export type PlanningPart = 'render' | 'diff' | 'plan';

/** What the planner counts. Nothing is told apart by target: which are held, and why, the API says. */
export type PlannerMeter = {
  /** A target was planned; `plan` is the whole of it. */
  readonly planned: (outcome: string) => void;
  readonly took: <Result>(part: PlanningPart, work: () => Promise<Result>) => Promise<Result>;
  /** A process that read or rendered files was ended for the time or the memory that it took. */
  readonly ended: (why: 'time' | 'memory') => void;
  /** How many targets of a cluster wait for it; 0 forgets the cluster. */
  readonly held: (cluster: string, targets: number) => void;
};
/** Injection token of {@link PlannerMeter}. */
export const PlannerMeter = Symbol('PlannerMeter');

const buckets = [0.02, 0.1, 0.5, 1, 2, 5, 15, 60];

/** Counts in the metrics of the service. */
export const plannerMeter = (metrics: Metrics): PlannerMeter => {
  const plans = metrics.counter('syncline_plans_total', 'Targets that were planned, by what came of it.', [
    'outcome',
  ]);
  const seconds = metrics.histogram(
    'syncline_planning_seconds',
    'How long planning took: render of the files, diff against the cluster, plan for all of it.',
    buckets,
    ['part'],
  );
  const held = metrics.gauge('syncline_held_targets', 'Targets that wait for their cluster to be asked.', [
    'cluster',
  ]);
  const ended = metrics.counter(
    'syncline_render_processes_ended_total',
    'Processes that were ended over files of a repository, by what they took too much of.',
    ['why'],
  );
  return {
    ended: (why) => ended.inc({ why }),
    planned: (outcome) => plans.inc({ outcome }),
    took: async (part, work) => {
      const end = seconds.startTimer({ part });
      try {
        return await work();
      } finally {
        end();
      }
    },
    held: (cluster, targets) => (targets > 0 ? held.set({ cluster }, targets) : held.remove({ cluster })),
  };
};

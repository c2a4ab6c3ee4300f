import type { Metrics } from '@syncline/observability';

/** What an applier counts. */
export type ApplierMeter = {
  readonly applied: (cluster: string, outcome: string, seconds: number) => void;
  readonly diffed: (cluster: string, outcome: string, seconds: number) => void;
  readonly linked: (cluster: string, isConnected: boolean) => void;
  readonly watched: (cluster: string, targets: number, objects: number) => void;
  /** Takes a cluster that is gone out of what is shown. */
  readonly forget: (cluster: string) => void;
};

/** Counts in the metrics of the service. */
export const applierMeter = (metrics: Metrics): ApplierMeter => {
  const applies = metrics.counter('syncline_applies_total', 'Applies that ended, by outcome.', [
    'cluster',
    'outcome',
  ]);
  const applySeconds = metrics.counter('syncline_apply_seconds_total', 'Time spent in applies.', ['cluster']);
  const diffs = metrics.counter('syncline_diffs_total', 'Dry runs that were answered, by outcome.', [
    'cluster',
    'outcome',
  ]);
  const diffSeconds = metrics.counter('syncline_diff_seconds_total', 'Time spent in dry runs.', ['cluster']);
  const connected = metrics.gauge('syncline_cluster_connected', 'Whether the API server answers.', [
    'cluster',
  ]);
  const targets = metrics.gauge('syncline_watched_targets', 'Targets whose health is watched.', ['cluster']);
  const objects = metrics.gauge('syncline_watched_objects', 'Objects whose health is watched.', ['cluster']);
  return {
    applied: (cluster, outcome, seconds) => {
      applies.inc({ cluster, outcome });
      applySeconds.inc({ cluster }, seconds);
    },
    diffed: (cluster, outcome, seconds) => {
      diffs.inc({ cluster, outcome });
      diffSeconds.inc({ cluster }, seconds);
    },
    linked: (cluster, isConnected) => connected.set({ cluster }, isConnected ? 1 : 0),
    watched: (cluster, ofTargets, ofObjects) => {
      targets.set({ cluster }, ofTargets);
      objects.set({ cluster }, ofObjects);
    },
    forget: (cluster) => {
      for (const gauge of [connected, targets, objects]) gauge.remove({ cluster });
    },
  };
};

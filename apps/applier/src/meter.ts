import { healths as healthWords } from '@syncline/events';
import type { Metrics } from '@syncline/observability';

import type { Turns } from '@syncline/event-store';

/** What is counted of the audit logs of API servers. */
export type AuditMeter = {
  readonly audited: (cluster: string, outcome: string) => void;
  /** There is such a source for a cluster. */
  readonly auditExpected: (cluster: string) => void;
};

/** What an applier counts. */
export type ApplierMeter = AuditMeter & {
  readonly applied: (cluster: string, outcome: string, seconds: number) => void;
  /** Objects that an apply was done with, by outcome. */
  readonly objects: (cluster: string, outcomes: Readonly<Record<string, number>>) => void;
  /** How many watched targets there are of each health. */
  readonly healths: (cluster: string, targets: Readonly<Record<string, number>>) => void;
  /** A target's health became another. */
  readonly healthChanged: (cluster: string, health: string) => void;
  readonly diffed: (cluster: string, outcome: string, seconds: number) => void;
  readonly linked: (cluster: string, isConnected: boolean) => void;
  /** Whether the API server throttles, and how many resources cannot be watched now. */
  readonly troubled: (cluster: string, isThrottling: boolean, unwatched: number) => void;
  readonly watched: (cluster: string, targets: number, objects: number) => void;
  /** A drift was said, or ended by a plan that heals, another apply, or somebody in the cluster. */
  readonly drifted: (cluster: string) => void;
  readonly undrifted: (cluster: string, by: string) => void;
  /** How many targets are drifted now. */
  readonly openDrifts: (cluster: string, targets: number) => void;
  /** Takes a cluster that is gone out of what is shown. */
  readonly forget: (cluster: string) => void;
};

const buckets = [0.05, 0.1, 0.5, 1, 2, 5, 15, 60, 300];

/** Counts in the metrics of the service. */
export const applierMeter = (metrics: Metrics): ApplierMeter => {
  const [health, watching, drift] = [healthMeter(metrics), watchMeter(metrics), driftMeter(metrics)];
  return {
    ...{
      ...applyMeter(metrics),
      ...diffMeter(metrics),
      ...health,
      ...watching,
      ...drift,
      ...auditMeter(metrics),
    },
    forget: (cluster) => {
      health.forget(cluster);
      watching.forget(cluster);
      drift.forget(cluster);
    },
  };
};

const applyMeter = (metrics: Metrics) => {
  const applies = metrics.counter('syncline_applies_total', 'Applies that ended, by outcome.', [
    'cluster',
    'outcome',
  ]);
  const applySeconds = metrics.histogram(
    'syncline_apply_seconds',
    'How long applies took, from the recorded start to the recorded end.',
    buckets,
    ['cluster'],
  );
  const applied = metrics.counter(
    'syncline_applied_objects_total',
    'Objects that applies were done with, by what came of each.',
    ['cluster', 'outcome'],
  );
  return {
    applied: (cluster: string, outcome: string, seconds: number): void => {
      applies.inc({ cluster, outcome });
      applySeconds.observe({ cluster }, seconds);
    },
    objects: (cluster: string, outcomes: Readonly<Record<string, number>>): void => {
      for (const [outcome, count] of Object.entries(outcomes)) applied.inc({ cluster, outcome }, count);
    },
  };
};

const auditMeter = (metrics: Metrics) => {
  const events = metrics.counter(
    'syncline_audit_events_total',
    "Events of API servers' audit logs, by what became of each.",
    ['cluster', 'outcome'],
  );
  const last = metrics.gauge(
    'syncline_audit_last_event_seconds',
    'When an event of the audit log of a cluster came last, in seconds since 1970; 0 where none has yet.',
    ['cluster'],
  );
  return {
    audited: (cluster: string, outcome: string): void => {
      events.inc({ cluster, outcome });
      last.set({ cluster }, Date.now() / 1000);
    },
    auditExpected: (cluster: string): void => last.set({ cluster }, 0),
  };
};

const driftMeter = (metrics: Metrics) => {
  const detected = metrics.counter('syncline_drift_detected_total', 'Times that drift was said.', [
    'cluster',
  ]);
  const healed = metrics.counter('syncline_drift_healed_total', 'Drifts that ended, by who ended them.', [
    'cluster',
    'by',
  ]);
  const open = metrics.gauge('syncline_drift_open', 'Targets that are drifted now.', ['cluster']);
  return {
    drifted: (cluster: string): void => detected.inc({ cluster }),
    undrifted: (cluster: string, by: string): void => healed.inc({ cluster, by }),
    openDrifts: (cluster: string, targets: number): void => open.set({ cluster }, targets),
    forget: (cluster: string): void => open.remove({ cluster }),
  };
};

const diffMeter = (metrics: Metrics) => {
  const diffs = metrics.counter('syncline_diffs_total', 'Dry runs that were answered, by outcome.', [
    'cluster',
    'outcome',
  ]);
  const diffSeconds = metrics.histogram(
    'syncline_diff_seconds',
    'How long dry runs took, waiting for an apply of the same target among it.',
    buckets,
    ['cluster'],
  );
  return {
    diffed: (cluster: string, outcome: string, seconds: number): void => {
      diffs.inc({ cluster, outcome });
      diffSeconds.observe({ cluster }, seconds);
    },
  };
};

/** Shows how many dry runs wait for their turn, and how many begin without waiting. */
export const showTurns = (metrics: Metrics, turns: Turns, atOnce: number): void => {
  metrics.observed('syncline_dry_runs_waiting', 'Dry runs that wait for their turn.', [], (gauge) =>
    gauge.set(turns.waiting),
  );
  metrics.gauge('syncline_dry_runs_limit', 'Dry runs that begin without waiting for others.').set(atOnce);
};

const healthMeter = (metrics: Metrics) => {
  const transitions = metrics.counter(
    'syncline_health_transitions_total',
    'Changes of the health of targets, by what they came to.',
    ['cluster', 'health'],
  );
  const targets = metrics.gauge('syncline_targets_by_health', 'Watched targets by their health.', [
    'cluster',
    'health',
  ]);
  return {
    healthChanged: (cluster: string, health: string): void => transitions.inc({ cluster, health }),
    healths: (cluster: string, counts: Readonly<Record<string, number>>): void => {
      for (const health of healthWords) targets.set({ cluster, health }, counts[health] ?? 0);
    },
    forget: (cluster: string): void => {
      for (const health of healthWords) targets.remove({ cluster, health });
    },
  };
};

const watchMeter = (metrics: Metrics) => {
  const connected = metrics.gauge('syncline_cluster_connected', 'Whether the API server answers.', [
    'cluster',
  ]);
  const throttling = metrics.gauge(
    'syncline_cluster_throttling',
    'Whether the API server asks to be left alone, so that requests wait.',
    ['cluster'],
  );
  const unwatched = metrics.gauge('syncline_unwatched_resources', 'Resources that cannot be watched now.', [
    'cluster',
  ]);
  const targets = metrics.gauge('syncline_watched_targets', 'Targets whose health is watched.', ['cluster']);
  const objects = metrics.gauge('syncline_watched_objects', 'Objects whose health is watched.', ['cluster']);
  return {
    linked: (cluster: string, isConnected: boolean): void => connected.set({ cluster }, isConnected ? 1 : 0),
    troubled: (cluster: string, isThrottling: boolean, resources: number): void => {
      throttling.set({ cluster }, isThrottling ? 1 : 0);
      unwatched.set({ cluster }, resources);
    },
    watched: (cluster: string, ofTargets: number, ofObjects: number): void => {
      targets.set({ cluster }, ofTargets);
      objects.set({ cluster }, ofObjects);
    },
    forget: (cluster: string): void => {
      for (const gauge of [connected, throttling, unwatched, targets, objects]) gauge.remove({ cluster });
    },
  };
};

import type { Metrics } from './metrics.js';

const seconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** Shows how states are loaded and remembered, and how decisions get into the log. */
export const aggregateMeter = (metrics: Metrics) => {
  const conflicts = metrics.counter(
    'syncline_append_conflicts_total',
    'Appends after which a decision was made again: its subject had moved, or nobody answered.',
  );
  const loads = metrics.histogram(
    'syncline_load_seconds',
    'How long states took to be asked of the log, by what was read: nothing (what was in memory was current), the tail, or the whole history.',
    seconds,
    ['from'],
  );
  const states = metrics.gauge('syncline_remembered_states', 'Folded states that are kept in memory.');
  const bytes = metrics.gauge(
    'syncline_remembered_bytes',
    'Size of the folded states that are kept in memory, as JSON.',
  );
  return {
    appended: (took: number, hasConflict: boolean): void => {
      metrics.appendSeconds.observe(took);
      if (hasConflict) conflicts.inc();
    },
    loaded: (took: number, from: string): void => loads.observe({ from }, took),
    kept: (standing: { readonly values: number; readonly bytes: number }): void => {
      states.set(standing.values);
      bytes.set(standing.bytes);
    },
  };
};

import { CommandRefused } from '@syncline/kernel';
import { resolve } from 'node:path';

import type { ClusterChoice } from './cluster-choice.js';
import type { Wanted } from './start-everything.js';

/** What `up` is told on the command line about the fleet. */
export type FleetOptions = {
  readonly repo?: string;
  readonly path?: readonly string[];
  readonly ref: string;
  readonly clusters?: ClusterChoice;
  readonly kubeconfig?: string;
  readonly context?: readonly string[];
  readonly label?: Readonly<Record<string, string>>;
};

const clustersOf = (options: FleetOptions): Wanted['clusters'] => {
  const { kubeconfig, context, label = {}, clusters } = options;
  if (kubeconfig === undefined && context === undefined) return clusters ?? 'auto';
  if (clusters !== undefined) {
    throw new CommandRefused(
      'usage',
      'Give --clusters for local clusters, or --kubeconfig and --context for yours, not both.',
    );
  }
  if (kubeconfig === undefined || context === undefined) {
    throw new CommandRefused('usage', 'Give --kubeconfig FILE and at least one --context NAME of it.');
  }
  return context.map((one) => ({
    name: one.replace(/[^A-Za-z0-9._-]+/g, '-'),
    labels: label,
    kubeconfigFile: resolve(kubeconfig),
    context: one,
  }));
};

/** The fleet that the options ask for. Throws CommandRefused `usage` where they do not go together. */
export const wantedOf = (options: FleetOptions): Wanted => {
  const { repo, path, ref } = options;
  const clusters = clustersOf(options);
  if (repo !== undefined)
    return { source: { kind: 'remote', url: repo, ref, paths: path ?? ['.'] }, clusters };
  if (path !== undefined) throw new CommandRefused('usage', 'Give --repo URL with --path.');
  return { source: { kind: 'example' }, clusters };
};

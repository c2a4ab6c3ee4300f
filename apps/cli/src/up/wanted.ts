import { CommandRefused } from '@syncline/kernel';
import { resolve } from 'node:path';

import type { FleetCluster } from './clusters.js';
import type { Wanted } from './start-everything.js';

/** What `up` is told on the command line about the fleet. */
export type FleetOptions = {
  readonly repo?: string;
  readonly path?: readonly string[];
  readonly ref: string;
  readonly kubeconfig?: string;
  readonly context?: readonly string[];
  readonly label?: Readonly<Record<string, string>>;
};

const clustersOf = ({ kubeconfig, context, label = {} }: FleetOptions): readonly FleetCluster[] => {
  if (kubeconfig === undefined && context === undefined) return [];
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

import type { ApplicationSpec, TargetSpec } from '@syncline/events';

/** Labels of clusters, by the clusters' names. */
export type ClusterLabels = Readonly<Record<string, Readonly<Record<string, string>>>>;

type Selector = ApplicationSpec['placement']['clusters'];

/** Whether every label that the selector asks for is there; an empty selector takes every cluster. */
export const isSelected = (selector: Selector, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);

/** The clusters that an application is placed on, with their labels, in the order of their names. */
export const placementOf = (spec: ApplicationSpec, fleet: ClusterLabels): ClusterLabels =>
  Object.fromEntries(
    Object.entries(fleet)
      .filter(([, labels]) => isSelected(spec.placement.clusters, labels))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([cluster, labels]) => [cluster, { ...labels }]),
  );

/** What a target takes from its application: every override that matches, the later over the earlier. */
export const targetSpecOf = (spec: ApplicationSpec, labels: Readonly<Record<string, string>>): TargetSpec => {
  const overrides = spec.placement.overrides.filter((override) => isSelected(override.match, labels));
  return {
    repository: spec.source.repository,
    path: spec.source.path,
    ...(spec.source.from && { from: spec.source.from }),
    renderer: spec.renderer,
    ...(spec.helm && {
      helm: {
        ...spec.helm,
        values: [...spec.helm.values, ...overrides.flatMap(({ values = [] }) => values)],
      },
    }),
    namespace: spec.namespace,
    substitute: Object.assign({}, ...overrides.map((override) => override.substitute)) as Record<
      string,
      string
    >,
    patches: overrides.flatMap((override) => override.patches),
    mode: spec.sync.mode,
    prune: spec.sync.prune,
    ...(spec.sync.drift && { drift: spec.sync.drift }),
    ...(spec.sync.ignore && { ignore: spec.sync.ignore }),
    healthTimeoutSeconds: spec.health.timeoutSeconds,
  };
};

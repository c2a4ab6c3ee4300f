import type { ArtifactReference, HelmSpec } from '@syncline/events';

/** The file that makes a folder a chart. */
export const isChartName = (name: string): boolean => name === 'Chart.yaml';

/** The chart that lies at an application's path, where its declaration does not name one. */
export const chartAtPath = (path: string, application: string): HelmSpec => ({
  chart: { path },
  releaseName: application,
  values: [],
});

/** How an artifact is written for people, and in a lineage: `oci://registry.example/charts/web@^1.2.0`. */
export const artifactText = ({ url, name, version }: ArtifactReference): string =>
  `${url.replace(/\/+$/, '')}${name === undefined ? '' : `/${name}`}@${version}`;

/** The chart's name, which Helm's output and errors begin with: both kinds of servers have it in the address. */
export const artifactName = ({ url, name }: ArtifactReference): string =>
  name ?? url.replace(/\/+$/, '').split('/').at(-1) ?? '';

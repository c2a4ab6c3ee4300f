import type { HelmSpec } from '@syncline/events';

/** The file that makes a folder a chart. */
export const isChartName = (name: string): boolean => name === 'Chart.yaml';

/** The chart that lies at an application's path, where its declaration does not name one. */
export const chartAtPath = (path: string, application: string): HelmSpec => ({
  chart: { path },
  releaseName: application,
  values: [],
});

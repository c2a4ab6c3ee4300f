import type { KubeObject } from './kube.ts';

/** The namespace that every application of the benchmark deploys to, and the label that tells a round from another. */
export const namespace = 'bench';
export const roundLabel = 'bench.syncline.dev/round';

const metadata = (name: string, round: number) => ({
  name,
  namespace,
  labels: { [roundLabel]: String(round) },
});

/** A ConfigMap that differs from round to round. */
export const configMap = (name: string, round: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: metadata(name, round),
  data: { round: String(round), url: 'https://example.com', limits: 'cpu=2,memory=4Gi' },
});

/** The four objects of one application: what runs, who it is, how it is reached, how it is configured. */
export const fourObjects = (name: string, round: number): readonly KubeObject[] => [
  configMap(name, round),
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(name, round) },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, round),
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name, round),
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'registry.example.com/web:1' }] },
      },
    },
  },
];

/** The kinds of {@link fourObjects}. */
export const fourKinds = [
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
] as const;

/** An application's declaration. */
export const declaration = (name: string): string =>
  JSON.stringify({
    apiVersion: 'syncline.dev/v1',
    kind: 'Application',
    metadata: { name },
    spec: {
      source: { repository: 'fleet', ref: 'main', path: `apps/${name}` },
      namespace,
      placement: { clusters: { matchLabels: {} } },
    },
  });

/** A file of manifests. */
export const manifest = (objects: readonly KubeObject[]): string =>
  objects.map((object) => JSON.stringify(object)).join('\n---\n');

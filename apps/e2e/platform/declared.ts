import type { FleetRepository } from './fleet-repository.js';

/** A small application of a test's own. */
export type Declared = {
  readonly name: string;
  /** Labels of the clusters that it goes to. */
  readonly on?: Readonly<Record<string, string>>;
  readonly mode?: 'automatic' | 'approval' | 'observe';
  readonly budget?: { readonly maxObjects: number; readonly maxPercent: number };
};

/** The application's declaration as it stands in Git. */
export const declaration = ({
  name,
  on = { env: 'staging' },
  mode = 'automatic',
  budget,
}: Declared): string =>
  [
    'apiVersion: syncline.dev/v1',
    'kind: Application',
    `metadata: { name: ${name} }`,
    'spec:',
    `  source: { repository: fleet, ref: main, path: apps/${name} }`,
    `  namespace: ${name}`,
    `  placement: { clusters: { matchLabels: ${JSON.stringify(on)} } }`,
    '  sync:',
    `    mode: ${mode}`,
    ...(budget
      ? [
          `    prune: { enabled: true, budget: { maxObjects: ${budget.maxObjects}, maxPercent: ${budget.maxPercent} } }`,
        ]
      : []),
    '',
  ].join('\n');

/** A Deployment of the test's own, simulated pods and all. */
export const deployment = (name: string, replicas = 1, extra = ''): string =>
  [
    'apiVersion: apps/v1',
    'kind: Deployment',
    `metadata: { name: ${name} }`,
    'spec:',
    `  replicas: ${replicas}`,
    `  selector: { matchLabels: { app: ${name} } }`,
    '  template:',
    `    metadata: { labels: { app: ${name} } }`,
    '    spec:',
    ...(extra === '' ? [] : [extra]),
    '      containers:',
    `        - { name: web, image: "registry.example.com/${name}:1" }`,
    '',
  ].join('\n');

/** A ConfigMap of one value. */
export const configMap = (name: string, value: string): string =>
  [
    'apiVersion: v1',
    'kind: ConfigMap',
    `metadata: { name: ${name} }`,
    `data: { value: ${JSON.stringify(value)} }`,
    '',
  ].join('\n');

/** Writes an application and its manifests into the clone; the caller commits. */
export const declare = async (
  repository: FleetRepository,
  declared: Declared,
  manifests: Readonly<Record<string, string>> = { 'web.yaml': deployment(declared.name) },
): Promise<void> => {
  await repository.write(`applications/${declared.name}.yaml`, declaration(declared));
  for (const [file, text] of Object.entries(manifests)) {
    await repository.write(`apps/${declared.name}/${file}`, text);
  }
};

/** How the application of a first layout is written. */
export const styles = ['plain', 'kustomize'] as const;
export type Style = (typeof styles)[number];

type Files = Readonly<Record<string, string>>;

const application = (
  name: string,
  path: string,
): string => `# What runs, from where in this repository, and on which clusters.
apiVersion: syncline.dev/v1
kind: Application
metadata:
  name: ${name}
spec:
  source: { path: ${path} }
  namespace: ${name}
  placement:
    # Every cluster; matchLabels: { env: staging } would choose those that are registered with this label.
    clusters: {}
`;

const deployment = (name: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      containers:
        - name: ${name}
          # Does nothing, anywhere: put your own image here.
          image: registry.k8s.io/pause:3.10
          envFrom:
            - configMapRef: { name: ${name} }
          resources:
            requests: { cpu: 10m, memory: 16Mi }
            limits: { memory: 32Mi }
`;

const config = (name: string): string => `apiVersion: v1
kind: ConfigMap
metadata:
  name: ${name}
data:
  GREETING: Hello
`;

const base = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
  - config.yaml
`;

const overlay = (name: string): string => `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
replicas:
  - name: ${name}
    count: 2
`;

const readme = (name: string, path: string): string => `# What runs on our clusters

Syncline deploys what is on the tracked branch of this repository.

- \`applications/\`: one Application each, with its path, namespace and placement
- \`apps/\`: the manifests, one folder for each application

Before a push: \`syncline validate\`. After it: \`syncline status\`, \`syncline history ${name}\`.

\`${name}\` comes from \`${path}\`.
`;

/** The files of a first repository, by path, with one application of that name. */
export const firstLayout = (name: string, style: Style): Files => {
  const folder = `apps/${name}`;
  const path = style === 'plain' ? folder : `${folder}/overlays/production`;
  const manifests = style === 'plain' ? folder : `${folder}/base`;
  const shared = {
    'README.md': readme(name, path),
    [`applications/${name}.yaml`]: application(name, path),
    [`${manifests}/deployment.yaml`]: deployment(name),
    [`${manifests}/config.yaml`]: config(name),
  };
  if (style === 'plain') return shared;
  return {
    ...shared,
    [`${manifests}/kustomization.yaml`]: base,
    [`${path}/kustomization.yaml`]: overlay(name),
  };
};

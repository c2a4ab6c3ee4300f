import { stringify } from 'yaml';

const namespace = 'syncline-agent';
const name = 'syncline-agent';
const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/managed-by': 'syncline' };
const port = 8080;

/** What the agent of one cluster is deployed from: the word that it joins with, and its image. */
export type AgentManifest = { readonly cluster: string; readonly join: string; readonly image: string };

/** What is applied may be of any kind, and roles among it; who allows less changes this one rule. */
const role = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  metadata: { name, labels },
  rules: [
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
    { nonResourceURLs: ['/version', '/openapi', '/openapi/*', '/api', '/api/*', '/apis', '/apis/*', '/readyz'], verbs: ['get'] },
  ],
}; // prettier-ignore

const binding = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name, labels },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ kind: 'ServiceAccount', name, namespace }],
};

const container = (image: string) => ({
  name: 'agent',
  image,
  command: ['node', 'apps/applier/dist/main.js'],
  env: [
    { name: 'SYNCLINE_JOIN', valueFrom: { secretKeyRef: { name, key: 'join' } } },
    { name: 'SYNCLINE_LISTEN', value: `0.0.0.0:${port}` },
  ],
  ports: [{ name: 'health', containerPort: port }],
  livenessProbe: { httpGet: { path: '/healthz', port: 'health' }, periodSeconds: 10, failureThreshold: 6 },
  readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, periodSeconds: 5 },
  resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
});

/** One at a time: what the log delivers is taken by one process, and the old one ends before the new one begins. */
const deployment = ({ cluster, image }: AgentManifest) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace, labels, annotations: { 'syncline.dev/cluster': cluster } },
  spec: {
    replicas: 1,
    strategy: { type: 'Recreate' },
    selector: { matchLabels: { 'app.kubernetes.io/name': name } },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: name,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [container(image)],
      },
    },
  },
});

/** The objects that put the agent into its cluster, in the order in which they are applied. */
export const agentObjects = (agent: AgentManifest): readonly object[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
  role,
  binding,
  { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace, labels }, stringData: { join: agent.join } },
  deployment(agent),
]; // prettier-ignore

/** The same as YAML, for `kubectl apply -f -`. */
export const agentManifest = (agent: AgentManifest): string =>
  agentObjects(agent)
    .map((object) => stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 }))
    .join('---\n');

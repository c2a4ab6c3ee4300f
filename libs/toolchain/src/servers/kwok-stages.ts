/** A container whose image names this tag is one that no registry has: its Pod waits for the image for ever. */
const missingTag = ':does-not-exist';

const images = `.spec.containers.[].image | endswith("${missingTag}")`;
const alive = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const isMissing = { key: images, operator: 'In', values: ['true'] };
const isPullable = { key: images, operator: 'NotIn', values: ['true'] };
const phaseIs = (...values: readonly string[]) => ({ key: '.status.phase', operator: 'In', values });

type Expression = { readonly key: string; readonly operator: string; readonly values?: readonly string[] };

const stage = (
  name: string,
  kind: 'Node' | 'Pod',
  matchExpressions: readonly Expression[],
  next: object,
) => ({
  apiVersion: 'kwok.x-k8s.io/v1alpha1',
  kind: 'Stage',
  metadata: { name },
  spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions }, next },
});

const nodeReady = `
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ Now | Quote }}
  lastTransitionTime: {{ Now | Quote }}
{{ end }}
phase: Running
`;

const podReady = `
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
conditions:
{{ range $type := list "Initialized" "ContainersReady" "Ready" }}
- type: {{ $type | Quote }}
  status: "True"
  lastTransitionTime: {{ $now | Quote }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
`;

const podWaitsForImage = `
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: false
  restartCount: 0
  state: { waiting: { reason: ImagePullBackOff, message: "the simulated registry has no such image" } }
{{ end }}
`;

const podCompleted = `
{{ $now := Now }}
phase: Succeeded
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: false
  restartCount: 0
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
{{ end }}
`;

/**
 * What the simulated nodes do (kwok Stages, as one YAML stream of JSON documents): Nodes become ready, Pods run at once, those of
 * Jobs complete, those that are deleted go, and those whose image is tagged `does-not-exist` wait for it.
 */
export const kwokStages = (): string =>
  [
    stage('node-ready', 'Node', [
      { key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: 'NotIn', values: ['True'] },
    ], { statusTemplate: nodeReady }),
    stage('pod-ready', 'Pod', [alive, phaseIs('Pending'), isPullable], { statusTemplate: podReady }),
    stage('pod-waits-for-image', 'Pod', [
      alive, phaseIs('Pending'), isMissing, { key: '.status.containerStatuses', operator: 'DoesNotExist' },
    ], { statusTemplate: podWaitsForImage }),
    stage('pod-completed', 'Pod', [
      alive, phaseIs('Running'), { key: '.metadata.ownerReferences.[].kind', operator: 'In', values: ['Job'] },
    ], { statusTemplate: podCompleted }),
    stage('pod-deleted', 'Pod', [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }], { delete: true }),
  ].map((document) => JSON.stringify(document)).join('\n---\n'); // prettier-ignore

import { subjects } from '@syncline/events';
import { MemoryWorld } from '@syncline/event-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { memoryGround, PlannerWorld } from './testing/planner-world.js';

const clusters = ['staging', 'prod-eu'];
const web = subjects.application('default', 'web');
const planOf = (cluster: string) => subjects.plan(cluster, 'default', 'web');
const completed = ['RolloutStarted', 'WaveOpened', 'WaveCompleted', 'RolloutCompleted'];
const planned = ['PlanRequested', 'PlanDrafted', 'PlanApproved'];
const kinds = ['v1/ConfigMap', 'apps/v1/Deployment'];

let world: PlannerWorld;

beforeEach(async () => {
  world = await PlannerWorld.make(memoryGround(new MemoryWorld()), clusters);
  await world.joins('staging', { tier: 'staging' });
  await world.joins('prod-eu', { tier: 'production', region: 'eu' });
  await world.registers(['apps']);
  await world.start();
});
afterEach(() => world.close());

const declaration = (values: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    apiVersion: 'syncline.dev/v1',
    kind: 'Application',
    metadata: { name: 'web' },
    spec: {
      source: { path: 'web' },
      render: { helm: { chart: '../charts/web', valueFiles: ['values.yaml'], values } },
      placement: {
        overrides: [
          { match: { matchLabels: { region: 'eu' } }, valueFiles: ['eu.yaml'], values: { size: 'large' } },
        ],
      },
    },
  });

const files = (more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  'apps/web.yaml': declaration({ token: 'planted-value' }),
  'web/values.yaml': 'size: small\nregion: none\n',
  'web/eu.yaml': 'region: eu\n',
  'charts/web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'charts/web/templates/web.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data:
  size: {{ .Values.size }}
  region: {{ .Values.region }}
  kubernetes: {{ .Capabilities.KubeVersion }}
  upgrade: {{ .Release.IsUpgrade | quote }}
  till: {{ .Capabilities.APIVersions.Has "shop/v1/Till" | quote }}
---
apiVersion: v1
kind: Secret
metadata: { name: token }
stringData: { token: {{ .Values.token }} }
`,
  ...more,
});

const served = async (): Promise<void> => {
  await world.serves('staging', 'v1.33.1', kinds);
  await world.serves('prod-eu', 'v1.36.3', [...kinds, 'shop/v1/Till']);
};
const dataOn = (cluster: string): unknown =>
  world.applier.objects(cluster, 'web').find(({ kind }) => kind === 'ConfigMap')?.data;

describe('a chart of the repository', () => {
  it('is rendered with the values of each cluster, and told what that cluster is', async () => {
    await served();
    await world.push('first', files());
    await world.settles(web, 'ApplicationDeclared', ...completed);
    const first = { kubernetes: 'v1.33.1', upgrade: 'false', till: 'false' };
    expect(dataOn('staging')).toEqual({ ...first, size: 'small', region: 'none' });
    const eu = { kubernetes: 'v1.36.3', upgrade: 'false', till: 'true', size: 'large', region: 'eu' };
    expect(dataOn('prod-eu')).toEqual(eu);
  });

  it('is an upgrade from the second time on', async () => {
    await served();
    await world.push('first', files());
    await world.settles(web, 'ApplicationDeclared', ...completed);
    await world.push('second', { 'web/values.yaml': 'size: medium\nregion: none\n' });
    await world.settles(web, 'ApplicationDeclared', ...completed, ...completed);
    expect(dataOn('staging')).toMatchObject({ upgrade: 'true', size: 'medium' });
  });

  it('at the root of its repository is made of its own files alone', async () => {
    await served();
    const files = '{{ range $path, $_ := .Files.Glob "**" }}{{ $path }} {{ end }}';
    await world.push('first', {
      'apps/web.yaml': JSON.stringify({
        ...{ apiVersion: 'syncline.dev/v1', kind: 'Application', metadata: { name: 'web' } },
        spec: { source: { path: '.' }, render: { helm: { values: { size: 'small' } } } },
      }),
      'Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
      'templates/web.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata:\n  size: {{ .Values.size }}\n  files: ${files}\n`,
    });
    await world.settles(web, 'ApplicationDeclared', ...completed);
    expect(dataOn('staging')).toEqual({ size: 'small', files: 'apps/web.yaml' });
  });

  it('waits where it is not known what the cluster serves, and goes on when it is', async () => {
    await world.push('first', files());
    await world.reaches(planOf('staging'), 'PlanHeld');
    await served();
    await world.settles(web, 'ApplicationDeclared', ...completed);
    expect(await world.types(planOf('staging'))).toEqual(['PlanRequested', 'PlanHeld', ...planned]);
  });

  it('is planned anew where its cluster serves something else, and where that changes it', async () => {
    await served();
    await world.push('first', files());
    await world.settles(web, 'ApplicationDeclared', ...completed);
    await world.serves('staging', 'v1.33.1', [...kinds, 'shop/v1/Till']);
    const drafted = await world.reaches(planOf('staging'), 'PlanApproved', 2);
    expect(drafted.data).toMatchObject({ by: 'rule:automatic' });
    expect(await world.types(planOf('prod-eu'))).toEqual(planned);
    expect(await world.types(web)).toEqual(['ApplicationDeclared', ...completed]);
  });

  it('affects its application by the values of one cluster, the chart and the declaration, and by nothing else', async () => {
    await served();
    await world.push('first', files());
    await world.settles(web, 'ApplicationDeclared', ...completed);
    await world.push('nothing', { 'web/other.yaml': 'a: 1\n', 'charts/other/Chart.yaml': 'name: x\n' });
    await world.push('eu', { 'web/eu.yaml': 'region: europe\n' });
    await world.settles(web, 'ApplicationDeclared', ...completed, ...completed);
    expect(dataOn('prod-eu')).toMatchObject({ region: 'europe' });
    await world.push('token', { 'apps/web.yaml': declaration({ token: 'another-value' }) });
    await world.reaches(web, 'RolloutCompleted', 3);
  });

  it('says which template is wrong, and no secret of the values is in the log', async () => {
    await served();
    const bad = '{{ fail (printf "the token is %s" .Values.token) }}\n';
    await world.push('first', files({ 'charts/web/templates/bad.yaml': bad }));
    const failed = await world.reaches(planOf('staging'), 'RenderFailed');
    expect(failed.data).toMatchObject({
      file: 'charts/web/templates/bad.yaml',
      line: 1,
      reason: 'helm: execution error at (web/templates/bad.yaml:1:3): the token is …',
    });
    for (const subject of await world.ground.watcher.log.subjects('ev.>'))
      expect(JSON.stringify(await world.events(subject))).not.toContain('planted-value');
  });
});

describe('a chart of a Helm repository or a registry', () => {
  const reference = { url: 'https://charts.example', name: 'web', version: '^1.0.0' };
  const declare = (version = '^1.0.0'): string =>
    JSON.stringify({
      apiVersion: 'syncline.dev/v1',
      kind: 'Application',
      metadata: { name: 'web' },
      spec: {
        source: { path: 'web' },
        render: {
          helm: { repository: reference.url, chart: 'web', version, valueFiles: ['values.yaml'] },
        },
      },
    });
  const chart = (version: string, more = ''): Readonly<Record<string, string>> => ({
    'web/Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`,
    'web/templates/web.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { size: {{ .Values.size }}, chart: {{ .Chart.Version }} }\n${more}`,
  });
  const pushed = { 'apps/web.yaml': declare(), 'web/values.yaml': 'size: small\n' };

  beforeEach(served);

  it('waits until it is found, and is rendered from what was stored then', async () => {
    await world.push('first', pushed);
    const held = await world.reaches(planOf('staging'), 'PlanHeld');
    expect(held.data).toMatchObject({
      by: 'artifact',
      reason: 'https://charts.example/web@^1.0.0 has not been found yet: syncline artifact list shows why.',
    });
    await world.resolves(reference, '1.2.0', chart('1.2.0'));
    await world.reaches(web, 'RolloutCompleted');
    expect(dataOn('staging')).toEqual({ size: 'small', chart: '1.2.0' });
  });

  it('rolls out by itself when its range leads to another version, on the same commit', async () => {
    await world.resolves(reference, '1.2.0', chart('1.2.0'));
    const revision = await world.push('first', pushed);
    await world.reaches(web, 'RolloutCompleted');
    await world.resolves(reference, '1.3.0', chart('1.3.0'));
    await world.reaches(web, 'RolloutCompleted', 2);
    expect(dataOn('staging')).toEqual({ size: 'small', chart: '1.3.0' });
    const [, , last] = (await world.events(web))
      .filter(({ type }) => type === 'RolloutStarted' || type === 'ApplicationRevised')
      .slice(-3);
    expect(last?.data).toMatchObject({ revision, reason: 'revision' });
  });

  it('is what it was where only another application names something new, and says which file of it is wrong', async () => {
    await world.resolves(reference, '1.2.0', chart('1.2.0'));
    await world.push('first', pushed);
    await world.reaches(web, 'RolloutCompleted');
    await world.resolves({ ...reference, name: 'other' }, '1.0.0', chart('1.0.0'));
    await world.resolves(reference, '1.4.0', chart('1.4.0', 'broken: {{ nope }}\n'));
    const failed = await world.reaches(planOf('staging'), 'RenderFailed');
    expect(failed.data).toMatchObject({ file: 'web@1.4.0/templates/web.yaml', line: 5 });
    expect(dataOn('staging')).toEqual({ size: 'small', chart: '1.2.0' });
    expect((await world.types(web)).filter((type) => type === 'RolloutStarted')).toHaveLength(2);
  });
});

describe('an artifact of manifests', () => {
  const reference = { url: 'oci://registry.example/web', version: '1.x' };
  const declare = JSON.stringify({
    apiVersion: 'syncline.dev/v1',
    kind: 'Application',
    metadata: { name: 'web' },
    spec: { source: { path: 'deploy', artifact: reference } },
  });
  const manifest = (size: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: web }\ndata: { size: ${size} }\n`;

  it('stands in the place of a folder of the repository, plain or with a kustomization, and rolls out by itself', async () => {
    await world.push('first', { 'apps/web.yaml': declare });
    await world.reaches(planOf('staging'), 'PlanHeld');
    await world.resolves(reference, '1.0.0', { 'deploy/web.yaml': manifest('small') });
    await world.reaches(web, 'RolloutCompleted');
    expect(dataOn('staging')).toEqual({ size: 'small' });
    await world.resolves(reference, '1.1.0', {
      'deploy/kustomization.yaml': 'resources: [../base]\nlabels: [{ pairs: { from: kustomize } }]\n',
      'base/kustomization.yaml': 'resources: [web.yaml]\n',
      'base/web.yaml': manifest('large'),
    });
    await world.reaches(web, 'RolloutCompleted', 2);
    expect(world.applier.objects('staging', 'web')).toMatchObject([
      { metadata: { name: 'web', labels: { from: 'kustomize' } }, data: { size: 'large' } },
    ]);
  });

  it('says which of its files is wrong', async () => {
    await world.resolves(reference, '1.0.0', { 'deploy/web.yaml': 'kind: ConfigMap\n' });
    await world.push('first', { 'apps/web.yaml': declare });
    const failed = await world.reaches(planOf('staging'), 'RenderFailed');
    expect(failed.data).toMatchObject({ file: 'web@1.0.0/deploy/web.yaml', line: 1 });
  });
});

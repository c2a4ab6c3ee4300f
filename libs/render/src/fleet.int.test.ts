import { resolveBinaries } from '@syncline/toolchain';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

import { readConfiguration, type DeclaredApplication } from './configuration/read-configuration.js';
import { lineageOf } from './lineage.js';
import { render, renderKeyOf, type Rendered } from './render.js';
import { folderTree } from './tree/folder-tree.js';

const root = fileURLToPath(new URL('../../../examples/fleet', import.meta.url));
const clusters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  staging: { env: 'staging', tier: 'staging' },
  'prod-eu': { tier: 'production', region: 'eu' },
  'prod-us': { tier: 'production', region: 'us' },
};

const facts = {
  kubernetesVersion: 'v1.36.3',
  apiVersions: ['policy/v1/PodDisruptionBudget'],
  isUpgrade: false,
};

let tools = { kustomize: '', helm: '' };
let applications: readonly DeclaredApplication[] = [];
const fits = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value);
const placed = ({ spec }: DeclaredApplication) =>
  Object.entries(clusters).flatMap(([name, labels]) =>
    fits(labels, spec.placement.clusters.matchLabels) ? [name] : [],
  );

const renderOn = async (name: string, cluster: string): Promise<Rendered> => {
  const spec = applications.find((application) => application.spec.name === name)?.spec;
  if (spec === undefined) throw new Error(`the fleet has no ${name}`);
  const fitting = spec.placement.overrides.filter(({ match }) =>
    fits(clusters[cluster] ?? {}, match.matchLabels),
  );
  const target = {
    path: spec.source.path,
    renderer: spec.renderer,
    namespace: spec.namespace,
    substitute: Object.assign({}, ...fitting.map(({ substitute }) => substitute)) as Record<string, string>,
    patches: fitting.flatMap(({ patches }) => patches),
    ...(spec.helm && {
      helm: { ...spec.helm, values: [...spec.helm.values, ...fitting.flatMap(({ values = [] }) => values)] },
    }),
  };
  const lineage = await lineageOf(folderTree(root), target);
  const release = { application: name, facts };
  return render({ spec: target, root, tools, release, renderKey: renderKeyOf(target, lineage, release) });
};
const find = ({ objects }: Rendered, kind: string) => objects.find((object) => object.kind === kind);

beforeAll(async () => {
  tools = await resolveBinaries(['kustomize', 'helm']);
  const names = await readdir(`${root}/applications`);
  const files = await Promise.all(
    names.map(async (name) => ({
      path: `applications/${name}`,
      text: await readFile(`${root}/applications/${name}`, 'utf8'),
    })),
  );
  const configuration = readConfiguration(files, { name: 'fleet', ref: 'main' });
  expect(configuration.errors).toEqual([]);
  applications = configuration.applications;
});

describe('the example fleet', () => {
  test('has seven applications on fifteen targets', () => {
    expect(
      Object.fromEntries(applications.map((application) => [application.spec.name, placed(application)])),
    ).toEqual({
      backups: ['staging', 'prod-eu', 'prod-us'],
      'checkout-staging': ['staging'],
      'checkout-production': ['prod-eu', 'prod-us'],
      'edge-cache': ['prod-eu', 'prod-us'],
      recommendations: ['staging', 'prod-eu', 'prod-us'],
      reports: ['prod-eu'],
      storefront: ['staging', 'prod-eu', 'prod-us'],
    });
  });

  test('renders every target, with no value of a Secret and nothing left to substitute', async () => {
    for (const application of applications) {
      for (const cluster of placed(application)) {
        const result = await renderOn(application.spec.name, cluster);
        expect(result.objects.length).toBeGreaterThan(1);
        const text = JSON.stringify(result.objects);
        expect(text).not.toContain('fake-token');
        expect(text.replaceAll('${HOSTNAME}', '')).not.toContain('${');
      }
    }
  });

  test('differs between environments by its overlay', async () => {
    const staging = await renderOn('checkout-staging', 'staging');
    const production = await renderOn('checkout-production', 'prod-us');
    expect(find(staging, 'Deployment')?.spec).toMatchObject({ replicas: 1 });
    expect(find(production, 'Deployment')?.spec).toMatchObject({ replicas: 3 });
    expect(find(production, 'PodDisruptionBudget')).toBeDefined();
    expect(staging.secrets.size).toBe(1);
  });

  test('differs between regions by substitution and patch', async () => {
    const [eu, us] = [await renderOn('edge-cache', 'prod-eu'), await renderOn('edge-cache', 'prod-us')];
    expect(find(eu, 'ConfigMap')?.data).toEqual({
      origin: 'https://origin.eu.fleet.example',
      host: '${HOSTNAME}',
    });
    expect(find(us, 'ConfigMap')?.data).toEqual({
      origin: 'https://origin.us.fleet.example',
      host: '${HOSTNAME}',
    });
    expect(find(eu, 'Deployment')?.spec).toMatchObject({ replicas: 3 });
    expect(find(us, 'Deployment')?.spec).toMatchObject({ replicas: 2 });
  });

  test('differs between tiers and regions by the values of its chart', async () => {
    const [staging, eu, us] = await Promise.all(
      ['staging', 'prod-eu', 'prod-us'].map((cluster) => renderOn('recommendations', cluster)),
    );
    const replicas = [staging, eu, us].map((one) => one && find(one, 'Deployment')?.spec);
    expect(replicas).toMatchObject([{ replicas: 1 }, { replicas: 3 }, { replicas: 2 }]);
    expect(eu && find(eu, 'ConfigMap')?.data).toEqual({ MODEL: 'basket-2-eu', SUGGESTIONS: '6' });
    expect(us && find(us, 'ConfigMap')?.data).toEqual({ MODEL: 'basket-2', SUGGESTIONS: '6' });
    expect(staging && find(staging, 'PodDisruptionBudget')).toBeUndefined();
    expect(us && find(us, 'PodDisruptionBudget')).toBeDefined();
  });
});

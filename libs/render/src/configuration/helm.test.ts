import { applicationSpec } from '@syncline/events';
import { describe, expect, test } from 'vitest';

import { readConfiguration } from './read-configuration.js';

const repository = { name: 'fleet', ref: 'main' };
const declare = (spec: string, name = 'checkout'): string =>
  `apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: ${name} }\nspec:\n${spec}`;
const read = (text: string) => readConfiguration([{ path: 'applications/a.yaml', text }], repository);
const errorsOf = (text: string): string[] => read(text).errors.map(({ line, reason }) => `${line} ${reason}`);

describe('an application that names a chart', () => {
  test('has the chart at its path, its own name as release, and no values', () => {
    const { applications, errors } = read(
      declare('  source: { path: apps/checkout }\n  render: { helm: {} }\n'),
    );
    expect(errors).toEqual([]);
    expect(applications[0]?.spec).toMatchObject({
      renderer: 'helm',
      helm: { chart: { path: 'apps/checkout' }, releaseName: 'checkout', values: [] },
    });
  });

  test('says where its values stand, on every cluster and on some, and never what they are', () => {
    const { applications, errors } = read(
      declare(`  source: { path: apps/checkout }
  render:
    helm: { chart: ../../charts/web, releaseName: shop, valueFiles: [values.yaml], values: { password: hunter2 } }
  placement:
    overrides:
      - match: { matchLabels: { region: eu } }
        valueFiles: [eu.yaml]
        values: { replicas: 3 }
`),
    );
    expect(errors).toEqual([]);
    const spec = applications[0]?.spec;
    expect(spec?.helm).toEqual({
      chart: { path: 'charts/web' },
      releaseName: 'shop',
      values: [
        { file: 'apps/checkout/values.yaml' },
        { file: 'applications/a.yaml', at: '/0/spec/render/helm/values' },
      ],
    });
    expect(spec?.placement.overrides[0]?.values).toEqual([
      { file: 'apps/checkout/eu.yaml' },
      { file: 'applications/a.yaml', at: '/0/spec/placement/overrides/0/values' },
    ]);
    expect(JSON.stringify(spec)).not.toContain('hunter2');
    expect(applicationSpec.parse(spec)).toEqual(spec);
  });

  test('says it in a list and after other documents too', () => {
    const one = JSON.stringify({
      ...{ apiVersion: 'syncline.dev/v1', kind: 'Application', metadata: { name: 'a' } },
      spec: { source: { path: 'a' }, render: { helm: { values: { x: 1 } } } },
    });
    const { applications } = read(`a: 1\n---\n{ kind: List, items: [{}, ${one}] }\n`);
    expect(applications[0]?.spec.helm?.values).toEqual([
      { file: 'applications/a.yaml', at: '/1/items/1/spec/render/helm/values' },
    ]);
  });

  test.each([
    ['a chart outside of the repository', '{ chart: ../../../x }', '6 spec.render.helm.chart "../../../x" leaves the repository'],
    ['a value file outside of the application', '{ valueFiles: [a.yaml, ../other/b.yaml] }', '6 spec.render.helm.valueFiles[1] "../other/b.yaml" lies neither below spec.source.path nor in the chart'],
    ['values that are no mapping', '{ values: [1] }', '6 spec.render.helm.values must be a mapping'],
    ['a release that Helm would not take', '{ releaseName: Shop }', '6 spec.render.helm.releaseName must be the name of a release: a-z, 0-9, "-" and ".", at most 53'],
    ['a field that is not known', '{ valueFile: [a] }', '6 unknown field spec.render.helm.valueFile. Did you mean "valueFiles"?'],
  ])('is refused for %s', (_, helm, error) => {
    const text = declare(`  source: { path: apps/checkout }\n  render: { helm: ${helm} }\n`);
    expect(errorsOf(text)).toEqual([error]);
  }); // prettier-ignore

  test('takes a value file of the chart, wherever that lies', () => {
    const helm = '{ chart: ../../charts/web, valueFiles: [../../charts/web/values-eu.yaml] }';
    expect(errorsOf(declare(`  source: { path: apps/checkout }\n  render: { helm: ${helm} }\n`))).toEqual([]);
  });

  test('and whose name is too long for a release needs another', () => {
    const text = declare('  source: { path: a }\n  namespace: a\n  render: { helm: {} }\n', 'a'.repeat(54));
    expect(errorsOf(text)[0]).toMatch(/^7 spec.render.helm.releaseName is missing, and "a+" is too long/);
  });

  test('cannot name another renderer as well', () => {
    const text = declare('  source: { path: a }\n  render: { helm: {}, plain: {} }\n');
    expect(errorsOf(text)).toEqual(['6 spec.render must name one renderer']);
  });
});

describe('a chart that lies elsewhere', () => {
  const helmOf = (helm: string) =>
    read(declare(`  source: { path: apps/a }\n  render: { helm: ${helm} }\n`)).applications[0]?.spec.helm
      ?.chart;

  test('is named by its repository or its registry, and a range', () => {
    expect(helmOf('{ repository: https://charts.example/stable, chart: web, version: ^1.2 }')).toEqual({
      artifact: { url: 'https://charts.example/stable', name: 'web', version: '^1.2' },
    });
    expect(helmOf('{ chart: oci://registry.example/charts/web, version: stable }')).toEqual({
      artifact: { url: 'oci://registry.example/charts/web', version: 'stable' },
    });
  });

  test.each([
    ['no version', '{ chart: oci://r.example/web }', '6 spec.render.helm.version is missing: a version or a range such as ^1.2.0'],
    ['a version that is none', '{ repository: https://c.example, chart: web, version: stable }', '6 spec.render.helm.version "stable" is no range of versions such as ^1.2.0'],
    ['a version of a folder', '{ version: 1.0.0 }', '6 spec.render.helm.version is for charts of a Helm repository or an OCI registry'],
    ['a credential in its address', '{ chart: "oci://a:planted@r.example/web", version: 1.x }', '6 spec.render.helm.chart must hold no credential: register it with "syncline registry add"'],
    ['another scheme', '{ repository: file:///etc, chart: web, version: 1.x }', '6 spec.render.helm.repository "file:///etc" is no address (https:, http:)'],
    ['a path in place of a name', '{ repository: https://c.example, chart: ../web, version: 1.x }', '6 spec.render.helm.chart "../web" is no name of a chart of a repository'],
  ])('is refused for %s', (_, helm, error) => {
    expect(errorsOf(declare(`  source: { path: apps/a }\n  render: { helm: ${helm} }\n`))).toEqual([error]);
  }); // prettier-ignore
});

describe('an artifact of manifests', () => {
  test('is where the path is in', () => {
    const text = declare(
      '  source: { path: deploy, artifact: { url: oci://r.example/web, version: latest } }\n',
    );
    expect(read(text).applications[0]?.spec.source).toEqual({
      repository: 'fleet',
      path: 'deploy',
      from: { artifact: { url: 'oci://r.example/web', version: 'latest' } },
    });
  });

  test.each([
    ['another scheme', '{ url: https://r.example/web, version: latest }', '', '5 spec.source.artifact.url "https://r.example/web" is no address (oci:)'],
    ['no tag', '{ url: oci://r.example/web, version: "a b" }', '', '5 spec.source.artifact.version "a b" is no tag and no range'],
    ['a chart besides', '{ url: oci://r.example/web, version: latest }', '  render: { helm: {} }\n', '5 spec.source.artifact holds manifests: a chart is named by spec.render.helm.chart'],
  ])('is refused for %s', (_, artifact, more, error) => {
    expect(errorsOf(declare(`  source: { path: deploy, artifact: ${artifact} }\n${more}`))).toEqual([error]);
  }); // prettier-ignore
});

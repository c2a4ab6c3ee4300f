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

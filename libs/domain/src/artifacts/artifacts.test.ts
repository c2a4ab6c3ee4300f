import type { ArtifactEvent, ArtifactReference } from '@syncline/events';
import { describe, expect, it } from 'vitest';

import { artifactsAggregate, knownArtifact, type ArtifactCommand, type ArtifactsState } from './artifacts.js';

const { decider } = artifactsAggregate;
const at = '2026-11-24T06:00:00.000Z';
const web: ArtifactReference = { url: 'https://charts.example', name: 'web', version: '^1.0.0' };
const other: ArtifactReference = { url: 'oci://registry.example/web', version: '1.x' };
const resolvedTo = (version: string, digit: string) => ({
  version,
  digest: digit.repeat(64),
  blob: { digest: digit.repeat(64), size: 3, mediaType: 'x' },
});
const resolve = (version: string, digit: string, artifact = web): ArtifactCommand => ({
  ...{ type: 'resolve', repository: 'fleet', artifact, at },
  resolved: resolvedTo(version, digit),
});
const fail = (failure: 'gone' | 'refused', artifact = web): ArtifactCommand => ({
  ...{ type: 'fail', repository: 'fleet', artifact, class: failure, reason: 'x', at },
});
const reach: ArtifactCommand = { type: 'reach', repository: 'fleet', artifact: web, at };

const after = (...commands: readonly ArtifactCommand[]): ArtifactsState =>
  commands.reduce<ArtifactsState>(
    (state, command) => decider.decide(state, command).reduce<ArtifactsState>(decider.evolve, state),
    decider.initial,
  );
const typesOf = (state: ArtifactsState, command: ArtifactCommand): readonly ArtifactEvent['type'][] =>
  decider.decide(state, command).map(({ type }) => type);

describe('an artifact', () => {
  it('is resolved once for each version and content, and says what it was before', () => {
    const known = after(resolve('1.0.0', 'a'));
    expect(typesOf(known, resolve('1.0.0', 'a'))).toEqual([]);
    expect(decider.decide(known, resolve('1.0.1', 'b'))).toEqual([
      {
        type: 'ArtifactResolved',
        data: {
          ...{ repository: 'fleet', artifact: web, resolved: resolvedTo('1.0.1', 'b') },
          previous: { version: '1.0.0', digest: 'a'.repeat(64) },
        },
      },
    ]);
  });

  it('that was changed under its version is resolved anew', () => {
    expect(typesOf(after(resolve('1.0.0', 'a')), resolve('1.0.0', 'b'))).toEqual(['ArtifactResolved']);
  });

  it('that vanished is said once, and what it led to stays', () => {
    const gone = after(resolve('1.0.0', 'a'), fail('gone'));
    expect(typesOf(gone, fail('gone'))).toEqual([]);
    expect(typesOf(gone, fail('refused'))).toEqual(['ArtifactFailed']);
    expect(knownArtifact(gone, web).resolved).toEqual(resolvedTo('1.0.0', 'a'));
  });

  it('that can be had again says so once, with or without another version', () => {
    const gone = after(resolve('1.0.0', 'a'), fail('gone'));
    expect(typesOf(gone, reach)).toEqual(['ArtifactRecovered']);
    expect(typesOf(gone, resolve('1.0.1', 'b'))).toEqual(['ArtifactRecovered', 'ArtifactResolved']);
    expect(typesOf(after(resolve('1.0.0', 'a'), fail('gone'), reach), reach)).toEqual([]);
  });

  it('fails alone', () => {
    const state = after(resolve('1.0.0', 'a'), fail('gone', other));
    expect(knownArtifact(state, web).outage).toBeUndefined();
    expect(knownArtifact(state, other)).toEqual({ outage: { since: at, said: ['gone'] } });
  });

  it('is one of many, of which a bounded number is remembered, the newest', () => {
    const many = Array.from({ length: 600 }, (_, index) =>
      resolve('1.0.0', 'a', { ...web, version: `1.0.${index}` }),
    );
    const state = after(...many);
    expect(Object.keys(state.known)).toHaveLength(500);
    expect(knownArtifact(state, { ...web, version: '1.0.599' }).resolved).toBeDefined();
  });
});

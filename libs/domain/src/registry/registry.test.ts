import { describe, expect, it } from 'vitest';

import { registryAggregate, registryFor, type Registry, type RegistryState } from './registry.js';

const { decider } = registryAggregate;
const credential = { digest: 'a'.repeat(64), size: 3, mediaType: 'application/age' };
const charts: Registry = { registry: 'charts', url: 'https://charts.example/stable', plainHttp: false };
const register = (state: RegistryState, data: Registry) => decider.decide(state, { type: 'register', data });
const known: RegistryState = { registered: { ...charts, credential } };

describe('a registry', () => {
  it('is registered once', () => {
    expect(register(decider.initial, charts)).toEqual([{ type: 'RegistryRegistered', data: charts }]);
    expect(register({ registered: charts }, charts)).toEqual([]);
  });

  it('keeps its credential at its address, and at no other', () => {
    expect(register(known, charts)).toEqual([]);
    const moved = { ...charts, url: 'https://evil.example' };
    expect(register(known, moved)).toEqual([{ type: 'RegistryRegistered', data: moved }]);
  });

  it.each([
    ['https://charts.example/stable', 'charts'],
    ['https://charts.example/stable/deep', 'deep'],
    ['https://charts.example/stable/deep/er', 'deep'],
    ['https://charts.example/stables', undefined],
    ['https://charts.example.evil/stable', undefined],
    ['http://charts.example/stable', undefined],
    ['oci://charts.example/stable', undefined],
  ])('is the one for %s: %s', (url, expected) => {
    const deep = { ...charts, registry: 'deep', url: 'https://charts.example/stable/deep/' };
    expect(registryFor(url, [deep, charts])?.registry).toBe(expected);
  });
});

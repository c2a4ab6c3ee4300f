import { describe, expect, it } from 'vitest';

import type { KubeObject } from '../schemas/kube-object.js';
import { Refused } from './answer.js';
import { fieldsSelected, labelsSelected } from './selectors.js';

const pod = (labels: Record<string, string>, status: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', labels },
  status,
});

describe('a label selector', () => {
  it.each([
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app!=web', false],
    ['tier!=front', true],
    ['app', true],
    ['!app', false],
    ['!tier', true],
    ['app in (web, api)', true],
    ['app notin (web,api)', false],
    ['tier notin (front)', true],
    ['tier in (front)', false],
    ['app in (web,api),example.com/part-of=shop', true],
    ['app=web,tier', false],
    ['app=', false],
  ])('%s selects or not: %s', (selector, isSelected) => {
    expect(labelsSelected(selector)(pod({ app: 'web', 'example.com/part-of': 'shop' }))).toBe(isSelected);
  });

  it.each(['app in web', 'app > 1 2', '=web', '((', 'a b'])('%s is refused', (selector) => {
    expect(() => labelsSelected(selector)).toThrow(Refused);
  });
});

describe('a field selector', () => {
  it.each([
    ['metadata.name=web', true],
    ['metadata.name!=web', false],
    ['metadata.namespace=shop,status.phase=Running', true],
    ['status.phase!=Running', false],
    ['spec.nodeName=', true],
  ])('%s selects or not: %s', (selector, isSelected) => {
    expect(fieldsSelected(selector)(pod({}, { phase: 'Running' }))).toBe(isSelected);
  });

  it('that cannot be read is refused', () => {
    expect(() => fieldsSelected('metadata.name')).toThrow(Refused);
  });
});

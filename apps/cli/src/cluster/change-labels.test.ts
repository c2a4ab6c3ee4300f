import { expect, test } from 'vitest';

import { changeLabels } from './cluster.command.js';

test('labels are set by name=value and taken away by name-', () => {
  expect(changeLabels({ env: 'prod', wave: 'canary' }, ['wave-', 'region=eu', 'env=test'])).toEqual({
    env: 'test',
    region: 'eu',
  });
  expect(() => changeLabels({}, ['wave'])).toThrow(/name=value/);
});

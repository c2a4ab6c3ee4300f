import { errors } from '@nats-io/nats-core';
import { expect, test } from 'vitest';

import { classify } from './classify.js';

test('a server that had no time for our credentials is waited for, and one that refuses them is not', () => {
  const slow = classify(new errors.AuthorizationError('Authentication Timeout'), 'connect');
  expect([slow.code, slow.retryable]).toEqual(['log-unreachable', true]);
  const refused = classify(new errors.AuthorizationError('Authorization Violation'), 'connect');
  expect([refused.code, refused.retryable]).toEqual(['log-forbidden', false]);
});

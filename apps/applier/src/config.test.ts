import { createAgentKey, encodeJoin } from '@syncline/event-store';
import { describe, expect, test } from 'vitest';

import { readConfig } from './config.js';

const join = encodeJoin({
  ...{ cluster: 'factory', server: 'nats://hub:4222', token: 'a.b.c', seed: createAgentKey().seed },
  identity: 'AGE-SECRET-KEY-1X',
});
const pod = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };

describe('an agent', () => {
  test('is set up by the word that it joins with, and listens for its own machine alone', () => {
    const config = readConfig({ SYNCLINE_JOIN: join, SYNCLINE_KUBECONFIG: '{}' });
    expect(config).toMatchObject({ applier: 'agent-factory', natsUrl: 'nats://hub:4222', listen: '127.0.0.1:0' });
    expect(config.natsCredentials).toContain('BEGIN NATS USER JWT');
    const again = readConfig({ SYNCLINE_JOIN: `${join}\n`, SYNCLINE_KUBECONFIG: '{}' });
    expect(again.hmacKey).toEqual(config.hmacKey);
    expect(config.hmacKey).not.toEqual(config.idKey);
  });

  test('in a Pod takes the ServiceAccount’s credentials, whose token is read from its file each time', () => {
    const { kubeconfig = '' } = readConfig({ SYNCLINE_JOIN: join, ...pod });
    expect(JSON.parse(kubeconfig)).toMatchObject({
      clusters: [{ cluster: { server: 'https://[fd00::1]:443' } }],
      users: [{ user: { 'auth-provider': { config: { tokenFile: expect.stringContaining('/token') as string } } } }],
    });
  });

  test.each([
    ['a word that was cut off', { SYNCLINE_JOIN: join.slice(0, 100), SYNCLINE_KUBECONFIG: '{}' }, /SYNCLINE_JOIN/],
    ['no word at all', { SYNCLINE_JOIN: '', SYNCLINE_KUBECONFIG: '{}' }, /copy the command/],
    ['no kubeconfig', { SYNCLINE_JOIN: join }, /SYNCLINE_KUBECONFIG/],
  ])('is refused with %s, and nothing secret is said', (_, environment, reason) => {
    expect(() => readConfig(environment)).toThrow(reason);
    expect(() => readConfig(environment)).not.toThrow(/AGE-SECRET/);
  });
}); // prettier-ignore

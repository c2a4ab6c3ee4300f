import { describe, expect, test } from 'vitest';

import { services } from './service-names.js';
import { placesIn } from './places.js';
import { environmentOf } from './service-environment.js';

const ports = { api: 1, git: 2, nats: 3, postgres: 4, 'git-watcher': 5, planner: 6, applier: 7, sandbox: 8 };
const wiring = {
  places: placesIn('/state'),
  ports,
  postgresUrl: 'postgres://p',
  kustomize: '/k',
  helm: '/h',
  recipients: '{}',
};
const surroundings = {
  PATH: '/bin', HOME: '/home/a', AWS_PROFILE: 'prod', HTTPS_PROXY: 'http://proxy', GITHUB_TOKEN: 'secret', NODE_OPTIONS: '--inspect',
}; // prettier-ignore

describe('the environment of a service', () => {
  test('inherits what it needs and nothing else', () => {
    const inherited = (service: (typeof services)[number]) =>
      Object.keys(environmentOf(service, wiring, surroundings)).filter((name) => name in surroundings);
    expect(inherited('api')).toEqual(['PATH']);
    expect(inherited('planner')).toEqual(['PATH', 'HOME']);
    expect(inherited('git-watcher')).toEqual(['PATH', 'HOME', 'HTTPS_PROXY']);
    expect(inherited('applier')).toEqual(['PATH', 'HOME', 'AWS_PROFILE', 'HTTPS_PROXY']);
  });

  test('gives each service its own keys: cluster credentials to the applier, Git ones to git-watcher', () => {
    const holders = (variable: string) =>
      services.filter((one) => variable in environmentOf(one, wiring, {}));
    expect(holders('SYNCLINE_IDENTITY_FILE')).toEqual(['git-watcher', 'applier']);
    expect(holders('SYNCLINE_PACK_KEY_FILE')).toEqual(['git-watcher', 'planner']);
    expect(holders('SYNCLINE_HMAC_KEY_FILE')).toEqual(['applier']);
    expect(holders('SYNCLINE_PROVISIONER_FILE')).toEqual(['api']);
    expect(holders('SYNCLINE_CHECKPOINT_KEY_FILE')).toEqual(['api']);
    expect(environmentOf('applier', wiring, {}).SYNCLINE_NATS_CREDENTIALS_FILE).toMatch(
      /applier-hub\.creds$/,
    );
  });
});

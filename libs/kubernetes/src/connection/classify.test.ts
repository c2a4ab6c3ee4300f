import { describe, expect, it } from 'vitest';

import { KubernetesError } from '../kubernetes-error.js';
import { classifyAnswer, classifyNetwork } from './classify.js';

const status = (code: number, fields: object) => ({
  status: code,
  body: JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, ...fields }),
});
const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const secret = { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 'credentials' };

describe('an answer that is no success', () => {
  it.each([
    ['401', status(401, { reason: 'Unauthorized', message: 'Unauthorized' }), 'unauthorized', false],
    ['403', status(403, { reason: 'Forbidden', message: 'deployments is forbidden' }), 'forbidden', false],
    [
      '403 in a namespace that is being deleted',
      status(403, {
        reason: 'Forbidden',
        details: { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] },
      }),
      'namespace-terminating',
      false,
    ],
    ['404 in plain text', { status: 404, body: '404 page not found\n' }, 'kind-unknown', false],
    ['404', status(404, { reason: 'NotFound', details: { kind: 'deployments' } }), 'not-found', false],
    [
      '404 of the namespace',
      status(404, { reason: 'NotFound', details: { kind: 'namespaces' } }),
      'namespace-absent',
      false,
    ],
    [
      '409 without causes',
      status(409, { reason: 'Conflict', message: 'the object has been modified' }),
      'conflict-version',
      false,
    ],
    [
      '409 of a create',
      status(409, { reason: 'AlreadyExists', message: 'already exists' }),
      'conflict-exists',
      false,
    ],
    [
      '409 of a uid',
      status(409, { reason: 'Conflict', message: 'uid mismatch: the provided object specified uid x' }),
      'uid-mismatch',
      false,
    ],
    ['410', status(410, { reason: 'Expired', message: 'too old resource version' }), 'expired', false],
    [
      '422 of a uid',
      status(422, { reason: 'Invalid', details: { causes: [{ field: 'metadata.uid' }] } }),
      'uid-mismatch',
      false,
    ],
    ['429', status(429, { reason: 'TooManyRequests' }), 'throttled', true],
    [
      '400 of a webhook',
      status(400, { message: 'admission webhook "w" does not support dry run' }),
      'dry-run-unsupported',
      false,
    ],
    ['400', status(400, { reason: 'BadRequest' }), 'bad-request', false],
    ['500', status(500, { message: 'etcdserver: leader changed' }), 'server-fault', true],
    ['502 of a proxy', { status: 502, body: '<html>Bad Gateway</html>' }, 'server-fault', true],
    ['504', status(504, { reason: 'Timeout' }), 'timeout', true],
  ] as const)('is classified: %s', (_name, answer, code, retryable) => {
    expect(new KubernetesError(classifyAnswer(answer, web))).toMatchObject({ code, retryable });
  });

  it.each([
    [
      '.spec.replicaz',
      'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replicaz: field not declared in schema',
    ],
    [
      '.spec.template.spec.containers',
      'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.template.spec.containers: duplicate entries for key [name="web"]',
    ],
    [
      '.spec.replicas',
      'failed to create typed patch object (shop/web; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string',
    ],
    [
      undefined,
      'failed to convert new object (shop/web; /v1, Kind=Pod) to proper version: unable to convert unstructured object to /v1, Kind=Pod: quantities must match the regular expression',
    ],
  ])('that says the object is malformed at %s is a refusal, not a fault of the server', (field, message) => {
    const details = classifyAnswer(status(500, { message }), web);
    expect(details.code).toBe('schema');
    expect(details.field).toBe(field);
  });

  it('names each manager of a conflict with its fields', () => {
    const cause = (manager: string, field: string) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with "${manager}" with subresource "scale" using apps/v1`,
      field,
    });
    const causes = [
      cause('autoscaler', '.spec.replicas'),
      cause('helm', '.spec.paused'),
      cause('helm', '.spec.strategy'),
    ];
    const details = classifyAnswer(status(409, { reason: 'Conflict', details: { causes } }), web);
    expect(details).toMatchObject({
      code: 'conflict-field-manager',
      field: '.spec.replicas',
      conflicts: [
        { manager: 'autoscaler', paths: ['.spec.replicas'] },
        { manager: 'helm', paths: ['.spec.paused', '.spec.strategy'] },
      ],
    });
  });

  it.each([
    'Invalid value: {}: field is immutable',
    'Invalid value: "10.0.0.1": may not change once set',
    "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden",
  ])('that says a field cannot change is immutable: %s', (message) => {
    const causes = [{ reason: 'FieldValueInvalid', message, field: 'spec.template' }];
    expect(classifyAnswer(status(422, { reason: 'Invalid', details: { causes } }), web)).toMatchObject({
      code: 'immutable',
      field: 'spec.template',
    });
  });

  it('says how long the server wants to be left alone, at most a minute', () => {
    expect(classifyAnswer({ ...status(429, {}), retryAfter: '3' }).retryAfterMs).toBe(3000);
    expect(classifyAnswer(status(429, { details: { retryAfterSeconds: 600 } })).retryAfterMs).toBe(60_000);
    const waits = (retryAfter: string) => classifyAnswer({ ...status(429, {}), retryAfter }).retryAfterMs;
    expect(waits('Tue, 24 Nov 2020 06:00:00 GMT')).toBe(0);
    const soon = waits(new Date(Date.now() + 20_000).toUTCString());
    expect(soon).toBeGreaterThan(15_000);
    expect(soon).toBeLessThanOrEqual(20_000);
    expect(waits('soon')).toBeUndefined();
    expect(waits('')).toBeUndefined();
  });

  it('says that the server asks to wait, and nothing of a page that a proxy made in its place', () => {
    const limited = { status: 429, body: 'Too many requests, please try again later.\n', retryAfter: '1' };
    expect(classifyAnswer(limited, web).message).toBe(
      'Deployment shop/web: the API server asks to wait 1 s: Too many requests, please try again later.',
    );
    expect(classifyAnswer({ status: 502, body: '\n<html><h1>Bad Gateway</h1></html>' }).message).toBe(
      'status 502, as a page that no API server makes',
    );
  });

  it('takes a server that is unavailable and says for how long for one that throttles', () => {
    expect(classifyAnswer({ ...status(503, {}), retryAfter: '2' })).toMatchObject({
      code: 'throttled',
      retryAfterMs: 2000,
    });
    expect(classifyAnswer(status(503, {}))).toMatchObject({ code: 'server-fault' });
  });

  it('about a Secret is reduced to code and field, because the server quotes values', () => {
    const causes = [{ message: 'Invalid value: "hunter2"', field: 'data[password]' }];
    const invalid = classifyAnswer(
      status(422, { reason: 'Invalid', message: 'invalid: "hunter2"', details: { causes } }),
      secret,
    );
    expect(invalid.message).toBe('Secret shop/credentials: invalid at data[password]');
    const typed = status(500, {
      message:
        'failed to create typed patch object (x): .data.password: expected string, got &value.valueUnstructured{Value:hunter2}',
    });
    expect(classifyAnswer(typed, secret).message).toBe('Secret shop/credentials: schema at .data.password');
  });
});

describe('a failure on the way', () => {
  const failure = (code: string, message = ''): Error =>
    new Error('request failed', { cause: Object.assign(new Error(message), { code }) });

  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ENOTFOUND', 'resolved'],
    ['ECONNRESET', 'broke'],
    ['UND_ERR_CONNECT_TIMEOUT', 'in time'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'not trusted'],
    ['EHOSTUNREACH', 'no route'],
  ])('is cluster-unreachable with a reason for people: %s', (code, words) => {
    const details = classifyNetwork('https://prod.example.com', failure(code));
    expect(details.code).toBe('cluster-unreachable');
    expect(details.message).toContain(words);
  });

  it('that took all its time is not tried again at once', () => {
    expect(classifyNetwork('https://x', failure('UND_ERR_HEADERS_TIMEOUT')).isTimedOut).toBe(true);
    expect(classifyNetwork('https://x', failure('ECONNRESET')).isTimedOut).toBeUndefined();
  });
});

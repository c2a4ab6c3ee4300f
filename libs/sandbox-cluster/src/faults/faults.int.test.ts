import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { resolveBinary } from '@syncline/toolchain';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { applyTo, callsOf, readServer, type Call } from '../contract/api-server.js';
import { configMap } from '../contract/objects.js';
import { startSandbox, type Sandbox } from '../start-sandbox.js';

const run = promisify(execFile);
const maps = '/api/v1/namespaces/default/configmaps';
const secrets = '/api/v1/namespaces/default/secrets';

let dir: string;
let sandbox: Sandbox;
let call: Call;
let kubectlBinary: string;

const order = async (...faults: readonly object[]): Promise<void> => {
  expect(await call('PUT', '/sandbox/faults', faults)).toMatchObject({ code: 200 });
};
/** How many requests each fault met, in the order in which they were ordered. */
const met = async (): Promise<readonly unknown[]> =>
  ((await call('GET', '/sandbox/faults')).body.faults as { met: number }[]).map((one) => one.met);
const apply = (name: string, value = 'a', query = '') =>
  applyTo(call)(`${maps}/${name}`, 'one', configMap(name, { value }), query);

/** What kubectl says, on whichever stream. */
const kubectl = async (...args: readonly string[]): Promise<string> => {
  const config = [
    '--kubeconfig',
    sandbox.clusters[0]?.kubeconfigFile ?? '',
    '--cache-dir',
    join(dir, 'cache'),
  ];
  const done = run(kubectlBinary, [...config, '-n', 'default', ...args], { timeout: 30_000 });
  return done.then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stderr: string }).stderr,
  );
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-faults-'));
  kubectlBinary = (await resolveBinary('kubectl')).path;
  sandbox = await startSandbox({ dir, clusters: ['one', 'two'] });
  call = callsOf(await readServer(sandbox.clusters[0]?.kubeconfigFile ?? ''));
}, 600_000);
afterEach(() => order());
afterAll(async () => {
  await sandbox.stop();
  await rm(dir, { recursive: true, force: true });
});

describe('a fault', () => {
  it('meets the verb, the resource and the kind of write that it names, and no others', async () => {
    await order({ verb: 'patch', resource: 'configmaps', dryRun: false, answer: 500 });
    expect((await apply('chosen')).code).toBe(500);
    expect((await apply('chosen', 'a', '&dryRun=All')).code).toBe(201);
    expect((await call('GET', maps)).code).toBe(200);
    expect((await call('GET', secrets)).code).toBe(200);
    expect(await met()).toEqual([1]);
  });

  it('meets as many requests as are ordered, however many come at once', async () => {
    await order({ verb: 'get', answer: 503, times: 3, latencyMs: 20 });
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('GET', `${maps}/none`)));
    expect(answers.map(({ code }) => code).sort()).toEqual([404, 404, 404, 404, 404, 503, 503, 503]);
    expect(await met()).toEqual([3]);
  });

  it('makes every answer late, those of other faults too', async () => {
    await order({ latencyMs: 150 }, { path: '/readyz', answer: 500 });
    for (const [path, code] of [
      ['/readyz', 500],
      ['/version', 200],
    ] as const) {
      const began = performance.now();
      expect((await call('GET', path)).code).toBe(code);
      expect(performance.now() - began).toBeGreaterThanOrEqual(140);
    }
  });

  it('of another cluster is none of ours', async () => {
    await order({ answer: 500 });
    const other = callsOf(await readServer(sandbox.clusters[1]?.kubeconfigFile ?? ''));
    expect((await other('GET', maps)).code).toBe(200);
  });

  it('cuts the connection before anything is done, or in the middle of the answer to what is done', async () => {
    await order({ verb: 'patch', answer: 'cut' });
    await expect(apply('cut')).rejects.toThrow(/socket hang up|ECONNRESET/);
    await order({ verb: 'patch', answer: 'cut-answer' });
    await expect(apply('cut-late')).rejects.toThrow(/aborted|ECONNRESET/);
    expect((await call('GET', `${maps}/cut`)).code).toBe(404);
    expect((await call('GET', `${maps}/cut-late`)).code).toBe(200);
  });

  it('lets a request hang until it is replaced, and does nothing of it', async () => {
    await order({ verb: 'patch', answer: 'hang' });
    const hanging = apply('hung').then(
      () => 'answered',
      () => 'cut',
    );
    await vi.waitUntil(async () => (await met())[0] === 1, { timeout: 10_000 });
    const early = await Promise.race([hanging, call('GET', maps).then(() => 'still hanging')]);
    expect(early).toBe('still hanging');
    await order();
    expect(await hanging).toBe('cut');
    expect((await call('GET', `${maps}/hung`)).code).toBe(404);
  });

  it.each([
    ['no list', {}],
    ['a word that is none', [{ answer: 'vanish' }]],
    ['a success', [{ answer: 200 }]],
    ['a verb that is none', [{ verb: 'PATCH', answer: 500 }]],
    ['no fault', [{ verb: 'patch' }]],
    ['a wait without a status', [{ answer: 'cut', retryAfterSeconds: 1 }]],
    ['no JSON', undefined],
  ])('is refused where it is %s, and what was ordered stands', async (_what, body) => {
    await order({ verb: 'watch', answer: 500 });
    expect(await call('PUT', '/sandbox/faults', body)).toMatchObject({
      code: 400,
      body: { kind: 'Status', message: expect.stringMatching(/./) as string },
    });
    expect((await call('GET', '/sandbox/faults')).body.faults).toHaveLength(1);
  });
});

describe('kubectl', () => {
  it('waits as long as a server asks that throttles', async () => {
    await apply('patient');
    await order({ verb: 'get', answer: 429, retryAfterSeconds: 1, times: 1 });
    const began = performance.now();
    expect(await kubectl('get', 'configmap', 'patient', '-o', 'name')).toBe('configmap/patient\n');
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_000);
    expect(await met()).toEqual([1]);
  });

  it.each([
    [{ verb: 'list', answer: 500 }, /Error from server \(InternalError\): this fault was ordered/],
    [{ verb: 'list', answer: 'hang' }, /timeout|deadline exceeded/i],
    [{ verb: 'list', answer: 'cut' }, /EOF|connection reset/],
    [{ verb: 'list', answer: 'cut-answer' }, /unexpected EOF|connection reset/],
  ])('is told of %j', async (fault, said) => {
    await order(fault);
    expect(await kubectl('get', 'configmaps', '--request-timeout=1s')).toMatch(said);
  });
});

describe('docs/sandbox.md', () => {
  it('shows orders that work as they are written', async ({ skip }) => {
    await run('curl', ['--version']).catch(() => skip('there is no curl on this machine'));
    const page = await readFile(new URL('../../../../docs/sandbox.md', import.meta.url), 'utf8');
    const [, script = ''] = /## Faults to order[^]*?```sh\n([^]*?)```/.exec(page) ?? [];
    const shown = script.split('\n').filter((line) => line.startsWith('call -') || line.startsWith('call $'));
    const { stdout } = await run('bash', ['-euc', script], { cwd: join(dir, 'one') });
    const answers = stdout.trim().split('\n').map((line) => JSON.parse(line) as { kind?: string }); // prettier-ignore
    expect(shown.length).toBeGreaterThan(10);
    expect(answers).toHaveLength(shown.length);
    expect(answers.filter(({ kind }) => kind === 'Status')).toEqual([]);
  });
});

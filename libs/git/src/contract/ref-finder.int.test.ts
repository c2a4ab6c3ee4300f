import { execFileSync } from 'node:child_process';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CommandRefs } from '../remote/command-refs.js';
import { IsomorphicRefs } from '../remote/isomorphic-refs.js';
import { parseRemoteUrl } from '../remote/remote-url.js';
import type { ConcreteRef, RefFinder, RemoteOptions } from '../remote/remote.js';
import { answering, asking, startForge } from './forge.js';
import { openWorkPlace, type Clone, type WorkPlace } from './work-place.js';

const main: ConcreteRef = { kind: 'branch', name: 'main' };
const branch = (name: string): ConcreteRef => ({ kind: 'branch', name });
const tag = (name: string): ConcreteRef => ({ kind: 'tag', name });

const isomorphic = (options: RemoteOptions): RefFinder => new IsomorphicRefs(new URL(options.url), options);
const command = (options: RemoteOptions): RefFinder => new CommandRefs(parseRemoteUrl(options.url), options);

let place: WorkPlace;
let clone: Clone;

beforeAll(async () => {
  place = await openWorkPlace();
  clone = await place.create('fleet');
  await clone.git('tag', 'light');
  await clone.git('tag', '-a', '-m', 'annotated', 'v1');
  await clone.git('tag', '-a', '-m', 'of a tag', 'v1-again', 'v1');
  await clone.commit({ 'app.yaml': 'replicas: 2\n' });
  await clone.git('push', '--quiet', 'origin', 'main', 'main:main-2', 'main:teams/blue', '--tags');
  await place.createEmpty('empty');
});
afterAll(() => place.close());

const places = [
  ['isomorphic-git over HTTP', isomorphic, (name: string) => place.httpUrl(name)],
  ['the git command over HTTP', command, (name: string) => place.httpUrl(name)],
  ['the git command in a folder', command, (name: string) => place.fileUrl(name)],
] as const;

describe.each(places)('a ref found by %s', (_, open, urlOf) => {
  const find = (name: string, ref: ConcreteRef) => open({ url: urlOf(name) }).findHead(ref);

  test('stands where the remote has it', async () => {
    expect(await find('fleet', main)).toBe(await clone.git('rev-parse', 'main'));
    expect(await find('fleet', branch('teams/blue'))).toBe(await clone.git('rev-parse', 'main'));
    expect(await find('fleet', tag('light'))).toBe(await clone.git('rev-parse', 'light'));
  });

  test('is the commit behind an annotated tag, and behind a tag of a tag', async () => {
    const commit = await clone.git('rev-parse', 'v1^{commit}');
    expect(await find('fleet', tag('v1'))).toBe(commit);
    expect(await find('fleet', tag('v1-again'))).toBe(commit);
  });

  test('stands among all tags, each with the commit behind it', async () => {
    const commit = await clone.git('rev-parse', 'v1^{commit}');
    const tags = await open({ url: urlOf('fleet') }).listTags();
    expect(Object.fromEntries(tags)).toEqual({ light: commit, v1: commit, 'v1-again': commit });
    expect((await open({ url: urlOf('empty') }).listTags()).size).toBe(0);
  });

  test('is itself where it is a commit', async () => {
    const oid = await clone.git('rev-parse', 'HEAD~1');
    expect(await find('fleet', { kind: 'commit', name: oid })).toBe(oid);
  });

  test.each([branch('ma'), branch('main-'), branch('blue'), branch('v1'), tag('main'), tag('v')])(
    'has vanished where only others are like it: %j',
    async (ref) => {
      await expect(find('fleet', ref)).rejects.toMatchObject({ code: 'ref-vanished' });
    },
  );

  test('is in an empty repository, and in none', async () => {
    await expect(find('empty', main)).rejects.toMatchObject({ code: 'empty' });
    await expect(find('empty', { kind: 'commit', name: 'a'.repeat(40) })).rejects.toMatchObject({
      code: 'empty',
    });
    await expect(find('nowhere', main)).rejects.toMatchObject({ code: 'gone', retryable: true });
  });

  test('is not looked for once it was called off', async () => {
    const reason = new Error('called off');
    await expect(open({ url: urlOf('fleet') }).findHead(main, AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
});

const overHttp = [
  ['isomorphic-git', isomorphic],
  ['the git command', command],
] as const;

describe.each(overHttp)('a forge asked by %s', (_, open) => {
  const planted = 'planted/hunter2 "$x" ü';
  let forge: Awaited<ReturnType<typeof startForge>>;
  let url: string;

  beforeAll(async () => {
    forge = await startForge(place.httpUrl('fleet'));
    url = forge.urlOf(place.httpUrl('fleet'));
  });
  afterAll(() => forge.close());

  /** What a failure says, wherever it says it. */
  const failureOf = async (options: Partial<RemoteOptions> = {}) => {
    const error: unknown = await open({ url, ...options })
      .findHead(main)
      .catch((caught: unknown) => caught);
    const { code, message, stack, cause } = error as Error & { code: string };
    return { code, message, all: [message, stack, String(cause)].join('\n') };
  };

  test('is read with the password or token that it asks for', async () => {
    const head = await clone.git('rev-parse', 'main');
    forge.setFault(asking('ada', planted));
    const credential = { username: 'ada', password: planted };
    expect(await open({ url, credential }).findHead(main)).toBe(head);
    forge.setFault(asking('x-access-token', 'token-1'));
    expect(await open({ url, credential: { token: 'token-1' } }).findHead(main)).toBe(head);
  });

  test('refuses without a credential, and with another, which nobody is told', async () => {
    forge.setFault(asking('ada', 'right'));
    expect(await failureOf()).toMatchObject({ code: 'refused' });
    const { code, all } = await failureOf({ credential: { username: 'ada', password: planted } });
    expect(code).toBe('refused');
    expect(all).not.toContain('hunter2');
    expect(all).not.toContain(Buffer.from(`ada:${planted}`).toString('base64'));
  });

  test.each([
    [403, 'refused'],
    [404, 'gone'],
    [410, 'gone'],
    [429, 'unreachable'],
    [500, 'unreachable'],
    [503, 'unreachable'],
  ])('that answers %i is %s', async (status, code) => {
    forge.setFault(answering(status));
    expect(await failureOf()).toMatchObject({ code });
  });

  test('that does not answer is slow', async () => {
    forge.setFault(() => true);
    expect(await failureOf({ limits: { listMs: 300 } })).toMatchObject({ code: 'slow' });
  });

  test('that hangs up, or is not there, is unreachable', async () => {
    forge.setFault((incoming) => {
      incoming.socket.destroy();
      return true;
    });
    expect(await failureOf()).toMatchObject({ code: 'unreachable' });
    const closed = await startForge(url);
    await closed.close();
    expect(await failureOf({ url: closed.urlOf(url) })).toMatchObject({ code: 'unreachable' });
  });

  test('cannot send a credential on to another server', async () => {
    const other = await startForge(place.httpUrl('fleet'));
    other.setFault(asking('ada', planted));
    forge.setFault((incoming, outgoing) =>
      incoming.headers.authorization === undefined
        ? answering(401, { 'www-authenticate': 'Basic realm="forge"' })(incoming, outgoing)
        : answering(302, { location: `${other.origin}${incoming.url ?? ''}` })(incoming, outgoing),
    );
    const { code } = await failureOf({ credential: { username: 'ada', password: planted } });
    expect(code).toBe('refused');
    expect(other.seen.map(({ authorization }) => authorization)).not.toContain(expect.anything());
    await other.close();
  });
});

describe('isomorphic-git', () => {
  test('does not take a page for an empty repository', async () => {
    const forge = await startForge(place.httpUrl('fleet'));
    forge.setFault(answering(200, { 'content-type': 'text/html' }, '<html>Sign in</html>'));
    const url = forge.urlOf(place.httpUrl('fleet'));
    await expect(isomorphic({ url }).findHead(main)).rejects.toMatchObject({ code: 'corrupt' });
    await forge.close();
  });

  test('asks for the one ref, and is told no others', async () => {
    const crowded = await place.create('crowded');
    const head = await crowded.git('rev-parse', 'HEAD');
    const lines = Array.from({ length: 3000 }, (_, index) => `create refs/heads/team/${index} ${head}`);
    const input = `${lines.join('\n')}\n`;
    execFileSync('git', ['--git-dir', place.bareOf('crowded'), 'update-ref', '--stdin'], { input });
    const forge = await startForge(place.httpUrl('crowded'));
    const url = forge.urlOf(place.httpUrl('crowded'));
    expect(await isomorphic({ url }).findHead(branch('team/77'))).toBe(head);
    expect(forge.seen).toHaveLength(2);
    expect(forge.seen[1]!.body).toContain('ref-prefix refs/heads/team/77');
    expect(forge.seen.reduce((sum, { answered }) => sum + answered, 0)).toBeLessThan(2_000);
    await forge.close();
  });

  test('does not take an answer that was cut short for the whole', async () => {
    const forge = await startForge(place.httpUrl('fleet'));
    const url = forge.urlOf(place.httpUrl('fleet'));
    const line = `${'a'.repeat(40)} refs/heads/other\n`;
    const packet = `${(line.length + 4).toString(16).padStart(4, '0')}${line}`;
    forge.setFault((incoming, outgoing) =>
      incoming.method === 'POST'
        ? answering(
            200,
            { 'content-type': 'application/x-git-upload-pack-result' },
            packet,
          )(incoming, outgoing)
        : false,
    );
    await expect(isomorphic({ url }).findHead(main)).rejects.toMatchObject({ code: 'corrupt' });
    await forge.close();
  });
});

describe('the git command', () => {
  test('asks for branches or tags, and is not told what a forge keeps beside them', async () => {
    const forged = await place.create('forged');
    const head = await forged.git('rev-parse', 'HEAD');
    const lines = Array.from({ length: 3000 }, (_, index) => `create refs/pull/${index}/head ${head}`);
    const input = `${lines.join('\n')}\n`;
    execFileSync('git', ['--git-dir', place.bareOf('forged'), 'update-ref', '--stdin'], { input });
    const forge = await startForge(place.httpUrl('forged'));
    const finder = command({ url: forge.urlOf(place.httpUrl('forged')) });
    expect(await finder.findHead(main)).toBe(head);
    expect(await finder.findHead({ kind: 'commit', name: head })).toBe(head);
    expect((await finder.listTags()).size).toBe(0);
    expect(forge.seen.reduce((sum, { answered }) => sum + answered, 0)).toBeLessThan(6_000);
    await forge.close();
  });
});

import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { KubeObject } from '../schemas/kube-object.js';
import { Journal } from './journal.js';
import { ObjectStore } from './object-store.js';

const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  data,
});

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'syncline-journal-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A process that was killed closes nothing: only what it wrote is left. */
const started = (): ObjectStore => {
  const store = new ObjectStore();
  new Journal(dir, store);
  return store;
};
const file = (): string => join(dir, 'journal.ndjson');

describe('the journal', () => {
  it('gives back what was written before a kill, and versions go on', () => {
    const before = started();
    before.put('configmaps', configMap('kept', { a: '1' }));
    before.put('configmaps', configMap('kept', { a: '2' }));
    const gone = before.put('configmaps', configMap('gone'));
    before.remove('configmaps', gone);
    const after = started();
    expect(after.list('configmaps')).toEqual(before.list('configmaps'));
    expect(after.version).toBe(before.version);
    expect(after.put('configmaps', configMap('new')).metadata.resourceVersion).toBe(
      String(before.version + 1),
    );
  });

  it('says of versions from before the restart that they are expired', () => {
    const before = started();
    const { version } = before;
    before.put('configmaps', configMap('kept'));
    expect(started().changesAfter(version)).toBeUndefined();
  });

  it('leaves out half of a last line, and goes on after it', async () => {
    started().put('configmaps', configMap('kept'));
    await appendFile(file(), '{"version":999,"resource":"configmaps","obj');
    const after = started();
    expect(after.list('configmaps')).toHaveLength(1);
    after.put('configmaps', configMap('later'));
    expect(started().list('configmaps')).toHaveLength(2);
  });

  it('does not lay an old journal over a newer snapshot', async () => {
    const before = started();
    const first = before.put('configmaps', configMap('kept', { a: '1' }));
    before.remove('configmaps', first);
    const old = await readFile(file());
    const { version } = started();
    await writeFile(file(), old);
    const after = started();
    expect(after.list('configmaps')).toEqual([]);
    expect(after.version).toBe(version);
  });

  it('does not start on a file that is damaged in the middle', async () => {
    started().put('configmaps', configMap('kept'));
    const whole = await readFile(file(), 'utf8');
    await writeFile(file(), `not json\n${whole}`);
    expect(started).toThrow(/journal\.ndjson:1 cannot be read: move its folder away/);
  });
});

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { readConfig } from './config.js';

const dir = mkdtempSync(join(tmpdir(), 'syncline-config-'));
const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

const environment = (more: Record<string, string> = {}) => ({
  SYNCLINE_NATS_CREDENTIALS_FILE: file('creds', 'credentials'),
  SYNCLINE_STATE_DIR: dir,
  SYNCLINE_LISTEN: '127.0.0.1:0',
  SYNCLINE_ID_KEY_FILE: file('id', '01'.repeat(32)),
  SYNCLINE_PACK_KEY_FILE: file('pack', '02'.repeat(32)),
  SYNCLINE_KUSTOMIZE: '/usr/bin/kustomize',
  SYNCLINE_HELM: '/usr/bin/helm',
  ...more,
});

describe('the planner’s environment', () => {
  it('is read once, and its digest covers no key', () => {
    const config = readConfig(environment());
    expect(config.packKey).toEqual(new Uint8Array(32).fill(2));
    const other = readConfig(environment({ SYNCLINE_PACK_KEY_FILE: file('pack2', '05'.repeat(32)) }));
    expect(other.digest).toBe(config.digest);
  });

  it('is refused in one message that names each variable', () => {
    const wrong = environment({
      SYNCLINE_ID_KEY_FILE: join(dir, 'absent'),
      SYNCLINE_PACK_KEY_FILE: file('short', 'ab'),
    });
    const read = () => readConfig({ ...wrong, SYNCLINE_LISTEN: undefined });
    for (const name of ['SYNCLINE_ID_KEY_FILE', 'SYNCLINE_PACK_KEY_FILE', 'SYNCLINE_LISTEN']) {
      expect(read).toThrow(new RegExp(name));
    }
    expect(read).toThrow(/absent cannot be read/);
  });
});

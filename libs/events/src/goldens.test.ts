import { readdirSync, readFileSync } from 'node:fs';

import { describe, expect, test } from 'vitest';

import { decodeMessage, families, toCloudEvent } from './index.js';

const folder = new URL('../goldens/', import.meta.url);
const goldens = readdirSync(folder);
const decode = (file: string) => {
  const bytes = new TextEncoder().encode(`[${readFileSync(new URL(file, folder), 'utf8')}]`);
  return decodeMessage(bytes, 12, '2026-05-04T14:31:08Z');
};

describe('every event that was ever written', () => {
  test.each(goldens)('%s decodes in today’s code', (file) => {
    const [event] = decode(file);
    expect(file.startsWith(`${event?.type ?? ''}.v`)).toBe(true);
    expect(event?.position).toEqual({ sequence: 12, index: 0 });
  });

  test.each(goldens)('%s keeps every field of its data on the way out', (file) => {
    const [event] = decode(file);
    const golden = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { data: unknown };
    expect(toCloudEvent(event!).data).toEqual(golden.data);
  });

  test.each(families.flatMap((family) => family.types).map((type) => [type.name, type.version]))(
    '%s has a golden of its current version %d',
    (name, version) => {
      expect(goldens).toContain(`${name}.v${version}.json`);
    },
  );
});

import { gzipSync } from 'node:zlib';

import { pack, type Header } from 'tar-stream';
import { describe, expect, it } from 'vitest';

import { readArchive } from './archive.js';
import { limits, type Limits } from './limits.js';

type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

const archiveOf = async (...entries: readonly Entry[]): Promise<Uint8Array> => {
  const archive = pack();
  for (const { text = '', ...header } of entries) archive.entry({ mtime: new Date(0), ...header }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};
const refusal = (bytes: Uint8Array, more: Partial<Limits> = {}): Promise<string> =>
  readArchive(bytes, { ...limits, ...more }).then(
    () => 'it was read',
    (error: unknown) => (error instanceof Error ? error.message : ''),
  );

describe('an archive', () => {
  it('is read into its plain files, gzipped or not', async () => {
    const plain = await archiveOf(
      { name: 'web/', type: 'directory' },
      { name: 'web/Chart.yaml', text: 'name: web\n' },
      { name: './web/templates/a.yaml', text: 'a: 1\n' },
    );
    const expected = [
      { path: 'web/Chart.yaml', bytes: Buffer.from('name: web\n') },
      { path: 'web/templates/a.yaml', bytes: Buffer.from('a: 1\n') },
    ];
    expect(await readArchive(plain)).toEqual(expected);
    expect(await readArchive(gzipSync(plain))).toEqual(expected);
  });

  it.each([
    ['a path that climbs out', { name: '../evil', text: 'x' }, 'the archive holds a path that leads out of it'],
    ['a path that climbs out on the way', { name: 'a/../../evil', text: 'x' }, 'the archive holds a path that leads out of it'],
    ['an absolute path', { name: '/etc/passwd', text: 'x' }, 'the archive holds a path that leads out of it'],
    ['a backslash', { name: 'a\\b', text: 'x' }, 'the archive holds a path that leads out of it'],
    ['a symbolic link', { name: 'a', type: 'symlink', linkname: '/etc/passwd' }, 'the archive holds a symbolic link (a), which is not followed'],
    ['a hard link', { name: 'a', type: 'link', linkname: 'b' }, 'the archive holds a hard link (a), which is not followed'],
    ['a device', { name: 'a', type: 'character-device' }, 'the archive holds a device (a), which is not followed'],
  ] as const)('is refused for %s', async (_, entry, expected) => {
    expect(await refusal(gzipSync(await archiveOf(entry as Entry)))).toBe(expected);
  }); // prettier-ignore

  it('is refused where it is empty, none, or cut', async () => {
    expect(await refusal(await archiveOf())).toBe('the archive is empty');
    expect(await refusal(Buffer.from('<html>not here</html>'))).toMatch(
      /is no archive that can be read|empty/,
    );
    expect(await refusal(new Uint8Array())).toMatch(/is no archive that can be read|empty/);
    const whole = gzipSync(await archiveOf({ name: 'a', text: 'x'.repeat(5_000) }));
    expect(await refusal(whole.subarray(0, whole.length - 20))).toBe('is no archive that can be read');
  });

  it('is refused where it unpacks to too much, by bytes or by files', async () => {
    const bomb = gzipSync(await archiveOf({ name: 'a', text: '0'.repeat(3 * 1024 * 1024) }));
    expect(bomb.length).toBeLessThan(10_000);
    expect(await refusal(bomb, { unpackedBytes: 1024 * 1024 })).toBe(
      'the archive unpacks to more than 1 MiB',
    );
    const many = await archiveOf(
      ...Array.from({ length: 20 }, (_, index) => ({ name: `f${index}`, text: 'x' })),
    );
    expect(await refusal(many, { unpackedFiles: 10 })).toBe('the archive holds more than 10 files');
  });
});

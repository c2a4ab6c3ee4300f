import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';

import { extract, pack } from 'tar-stream';

/** What the archives of one chart may unpack to, those in archives with them, before the rest is left as it is. */
const unpackedBytes = 128 * 1024 * 1024;

/** Another content of a file, by its path in its archive; undefined where it stays. */
export type ChangeFile = (path: string, content: Buffer) => Promise<Buffer | undefined>;

/** Changes files in packed charts, without writing any. */
export class PackedCharts {
  #left = unpackedBytes;

  /** Undefined where no file changes, and where it is no archive that can be read, about which Helm has its own say. */
  async change(archive: Buffer, changeFile: ChangeFile): Promise<Buffer | undefined> {
    try {
      const tar = gunzipSync(archive, { maxOutputLength: this.#left });
      this.#left -= tar.length;
      return await repack(tar, changeFile);
    } catch {
      return undefined;
    }
  }
}

const repack = async (tar: Buffer, changeFile: ChangeFile): Promise<Buffer | undefined> => {
  const entries = extract();
  const made = pack();
  entries.end(tar);
  let hasChanged = false;
  for await (const entry of entries) {
    const { name, type } = entry.header;
    const content = await buffer(entry);
    if (type !== 'file') continue;
    const other = await changeFile(name, content);
    hasChanged ||= other !== undefined;
    made.entry({ name }, other ?? content);
  }
  made.finalize();
  return hasChanged ? gzipSync(await buffer(made), { level: 1 }) : undefined;
};

import { gzipSync } from 'node:zlib';

import { pack } from 'tar-stream';

/** A gzipped archive of files, as charts and artifacts are. */
export const packArchive = async (files: Readonly<Record<string, string>>): Promise<Uint8Array> => {
  const archive = pack();
  for (const [name, text] of Object.entries(files)) archive.entry({ name, mtime: new Date(0) }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
};

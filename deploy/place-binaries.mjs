// Copies pinned binaries into a folder of the image: node place-binaries.mjs FOLDER NAME...
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { resolveBinary } from '../libs/toolchain/dist/index.js';

const [folder, ...names] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
for (const name of names) {
  const { path } = await resolveBinary(name, { progress: console.log });
  await copyFile(path, join(folder, name));
}

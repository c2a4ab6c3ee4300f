// Finds or compiles pinned binaries, with progress: those that are named, else every one. Run after the build.
import { pins, resolveBinary } from '../libs/toolchain/dist/index.js';

const names = process.argv.slice(2).filter((argument) => argument !== '--quiet');
const quiet = process.argv.includes('--quiet');

for (const name of names.length > 0 ? names : Object.keys(pins)) {
  try {
    const { path, how } = await resolveBinary(name, { progress: (line) => console.log(`  ${line}`) });
    if (!quiet) console.log(`${name} ${pins[name].version}  ${how}  ${path}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

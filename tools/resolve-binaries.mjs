// Finds or compiles every pinned binary, with progress. Run after the build.
import { pins, resolveBinary } from '../libs/toolchain/dist/index.js';

for (const name of Object.keys(pins)) {
  try {
    const { path, how } = await resolveBinary(name, { progress: (line) => console.log(`  ${line}`) });
    console.log(`${name} ${pins[name].version}  ${how}  ${path}`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}

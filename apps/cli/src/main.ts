import { readSurroundings } from './config.js';
import { run } from './run.js';

const surroundings = readSurroundings();
for (const stream of [process.stdout, process.stderr]) {
  // Whoever read our output has gone (`| head`): nothing is left to say.
  stream.on('error', () => process.exit(0));
}
const code = await run(process.argv.slice(2), surroundings);
process.exit(code);

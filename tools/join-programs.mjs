// Joins the compiled files of each program, so that it starts in half of the time. Run after the build.
import { joinPrograms } from '../apps/cli/dist/up/joined-programs.js';
import { root } from './machine.mjs';

try {
  await joinPrograms(root);
} catch (error) {
  // Programs run from their single files as well.
  console.log(`  Programs start slower, for their files were not joined: ${error.message.split('\n')[0]}`);
}

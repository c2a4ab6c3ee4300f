// Writes the table of metrics in docs/operations.md from where the sources declare them. `--check` only compares.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs/operations.md');
const [begin, end] = ['<!-- metrics: generated -->\n', '<!-- /metrics -->'];
const text = `'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)"`;
const declared = new RegExp(`(?:name: )?'(syncline_[a-z_]+)',\\s*(?:help: )?(?:${text})`, 'g');

const files = globSync('{apps,libs}/*/src/**/*.ts', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts'),
);
const rows = files.flatMap((file) => {
  const source = readFileSync(join(root, file), 'utf8');
  const where = file.startsWith('apps/') ? file.split('/')[1] : 'all';
  return [...source.matchAll(declared)].map(([, name, single, double]) => [name, where, single ?? double]);
});
rows.sort(([a], [b]) => (a < b ? -1 : 1));
const lines = rows.map(([name, where, help]) => `| \`${name}\` | ${where} | ${help} |`);
const table = ['| metric | service | what it says |', '| --- | --- | --- |', ...lines].join('\n');

const now = readFileSync(page, 'utf8');
const next = `${now.slice(0, now.indexOf(begin) + begin.length)}\n${table}\n\n${now.slice(now.indexOf(end))}`;
if (!process.argv.includes('--check')) writeFileSync(page, next);
else if (next !== now) {
  console.error(
    'docs/operations.md does not list the metrics as they are: run node tools/generate-metrics-table.mjs',
  );
  process.exitCode = 1;
}

import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OutputChunk, Plugin } from 'rolldown';

import { services } from './service-names.js';
import { unlessAnotherDoes } from './unless-another-does.js';

// A program here is two thousand small files, and to find and read them one by one is most of what its start costs. They
// are joined to a few large ones after a build; where that was not done, or not since, the small ones run.

/** What starts often enough to be joined: the services, and the command line as the supervisor in the background. */
const programs = [...services, 'cli'] as const;
type Program = (typeof programs)[number];

const joinedOf = (root: string): string => join(root, 'dist', 'joined');
/**
 * Builds take turns in two places: what was started from the last one finds its files while the next one is joined. They are
 * no more than two, and not one for each build, because Node keeps compiled code by path.
 */
const placeNames = ['a', 'b'] as const;
const placesOf = (root: string): readonly string[] => placeNames.map((name) => join(joinedOf(root), name));
const lockName = '.joining';
/** As old as what the files in a place were made of. */
const stampOf = (place: string): string => join(place, '.made');
const compiledMain = (root: string, program: Program): string =>
  join(root, 'apps', program, 'dist', 'main.js');

const changedAt = (file: string): Promise<number> =>
  stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );

/** When what programs are made of changed last: the compiler and npm each write one file whenever they write others. */
const inputsChangedAt = async (root: string): Promise<number> => {
  const libs = (await readdir(join(root, 'libs'))).map((name) => join(root, 'libs', name));
  const apps = programs.map((name) => join(root, 'apps', name));
  const compiled = [...libs, ...apps].map((folder) => join(folder, 'dist', '.tsbuildinfo'));
  const installed = join(root, 'node_modules', '.package-lock.json');
  return Math.max(...(await Promise.all([installed, ...compiled].map(changedAt))));
};

/** Where the joined files lie that are as new as what they were made of. */
const findFresh = async (root: string): Promise<string | undefined> => {
  const changed = await inputsChangedAt(root);
  for (const place of placesOf(root)) if ((await changedAt(stampOf(place))) > changed) return place;
  return undefined;
};

/** The file that starts a program: the joined one where it is as new as what it was made of, else the compiled one. */
export const programOf = async (root: string, program: Program): Promise<string> => {
  const fresh = await findFresh(root);
  return fresh === undefined ? compiledMain(root, program) : join(fresh, program, 'main.js');
};

/** Our own files keep what they know of where they lie, and their positions in the sources. */
const ownFiles = (root: string): Plugin => ({
  name: 'own-files',
  load: async (id) => {
    if (id.includes('node_modules') || !id.startsWith(root)) return null;
    const code = await readFile(id, 'utf8');
    return {
      code: code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id))),
      map: await readFile(`${id}.map`, 'utf8'),
    };
  },
});

const joinFiles = async (root: string, program: Program): Promise<readonly OutputChunk[]> => {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: { [program]: compiledMain(root, program) },
    cwd: root,
    platform: 'node',
    // What Nest looks for and nobody installed is looked for when it runs, as without this.
    logLevel: 'silent',
    plugins: [ownFiles(root)],
  });
  const { output } = await bundle.generate({
    format: 'esm',
    sourcemap: 'hidden',
    keepNames: true,
    comments: false,
    // reflect-metadata has to run before whatever is decorated, as it does where each file is loaded by itself.
    strictExecutionOrder: true,
    codeSplitting: {
      groups: [
        { name: 'packages', test: /node_modules/ },
        { name: 'own', test: /./ },
      ],
    },
    entryFileNames: 'main.js',
    chunkFileNames: '[name].js',
  });
  await bundle.close();
  return output.filter((one) => one.type === 'chunk');
};

/** Positions within packages are those of the joined file: to read the maps of all of them at each start costs too much. */
const write = async (folder: string, { fileName, code, map }: OutputChunk): Promise<void> => {
  const isOurs = map !== null && !fileName.startsWith('packages');
  const link = isOurs ? `\n//# sourceMappingURL=${fileName}.map\n` : '';
  await writeFile(join(folder, fileName), `${code}${link}`);
  if (isOurs) await writeFile(join(folder, `${fileName}.map`), map.toString());
};

const findOldest = async (root: string): Promise<string> => {
  const places = placesOf(root);
  const made = await Promise.all(places.map((place) => changedAt(stampOf(place))));
  return places[made.indexOf(Math.min(...made))] ?? '';
};

/** What a joining that was killed has left. */
const removeLeftovers = async (root: string): Promise<void> => {
  for (const name of await readdir(joinedOf(root))) {
    const isKept = name === lockName || placeNames.some((place) => place === name);
    if (!isKept) await rm(join(joinedOf(root), name), { recursive: true });
  }
};

const joinAll = async (root: string): Promise<void> => {
  if ((await findFresh(root)) !== undefined) return;
  const began = new Date();
  await removeLeftovers(root);
  const made = join(joinedOf(root), 'unfinished');
  try {
    for (const program of programs) {
      const folder = join(made, program);
      await mkdir(folder, { recursive: true });
      for (const chunk of await joinFiles(root, program)) await write(folder, chunk);
    }
    await writeFile(stampOf(made), '');
    await utimes(stampOf(made), began, began);
    const oldest = await findOldest(root);
    await rm(oldest, { recursive: true, force: true });
    await rename(made, oldest);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
};

/**
 * Joins the compiled files of every program, packages included, unless that was done since the last build or another
 * process is at it.
 */
export const joinPrograms = async (root: string): Promise<void> => {
  await mkdir(joinedOf(root), { recursive: true });
  await unlessAnotherDoes(join(joinedOf(root), lockName), () => joinAll(root));
};

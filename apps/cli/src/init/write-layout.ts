import { CommandRefused } from '@syncline/kernel';
import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What became of the files of a layout. */
export type Written = { readonly written: readonly string[]; readonly unchanged: readonly string[] };

const textAt = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    return `cannot be read: ${error.code}`;
  });

const refuse = (dir: string, names: readonly string[]): CommandRefused =>
  new CommandRefused(
    'files-differ',
    `${names.join(', ')} in ${dir} ${names.length === 1 ? 'exists and differs' : 'exist and differ'} from what init would write. Nothing was written. Move ${names.length === 1 ? 'it' : 'them'} away, choose another folder (syncline init DIR) or another name (--app NAME).`,
  );

const makeFolder = async (dir: string, path: string): Promise<void> => {
  const folder = dirname(join(dir, path));
  await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) === join(await realpath(dir), dirname(path))) return;
  throw new CommandRefused(
    'link-refused',
    `${dirname(path)} in ${dir} is a link, which is not followed. Nothing of it was written.`,
  );
};

const sentenceOf: Readonly<Record<string, string>> = {
  EACCES: 'may not be written by you',
  EPERM: 'may not be written by you',
  EROFS: 'is on a disk that cannot be written',
  ENOTDIR: 'is no folder',
  EEXIST: 'is no folder',
};

const explained = (dir: string, error: unknown): unknown => {
  const sentence = sentenceOf[(error as NodeJS.ErrnoException).code ?? ''];
  return sentence === undefined ? error : new CommandRefused('not-writable', `${dir} ${sentence}.`);
};

/**
 * Writes the files of a layout that are not there. Throws CommandRefused, and writes nothing, where one is there with other
 * content. What a write that was broken off has left is completed by the next.
 */
export const writeLayout = async (dir: string, files: Readonly<Record<string, string>>): Promise<Written> => {
  const before = await Promise.all(
    Object.entries(files).map(async ([path, text]) => ({ path, text, found: await textAt(join(dir, path)) })),
  );
  const differing = before.filter(({ text, found }) => found !== undefined && found !== text);
  if (differing.length > 0)
    throw refuse(
      dir,
      differing.map(({ path }) => path),
    );
  const absent = before.filter(({ found }) => found === undefined);
  try {
    await mkdir(dir, { recursive: true });
    for (const { path } of absent) await makeFolder(dir, path);
    for (const { path, text } of absent) await writeFile(join(dir, path), text, { flag: 'wx' });
  } catch (error) {
    throw explained(dir, error);
  }
  const written = absent.map(({ path }) => path);
  return { written, unchanged: Object.keys(files).filter((path) => !written.includes(path)) };
};

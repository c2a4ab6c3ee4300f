import { CommandRefused } from '@syncline/kernel';
import { lstat, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What became of the files of a layout. */
export type Written = { readonly written: readonly string[]; readonly unchanged: readonly string[] };

const textAt = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : `cannot be read: ${code}`;
  });

const refuse = (dir: string, names: readonly string[]): CommandRefused =>
  new CommandRefused(
    'files-differ',
    `${names.join(', ')} in ${dir} ${names.length === 1 ? 'exists and differs' : 'exist and differ'} from what init would write. Nothing was written. Move ${names.length === 1 ? 'it' : 'them'} away, choose another folder (syncline init DIR) or another name (--app NAME).`,
  );

const foldersOf = (path: string): readonly string[] => {
  const names = path.split('/').slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join('/'));
};

const refuseLinks = async (dir: string, paths: readonly string[]): Promise<void> => {
  for (const folder of new Set(paths.flatMap(foldersOf))) {
    const found = await lstat(join(dir, folder)).catch(() => undefined);
    if (found === undefined || found.isDirectory()) continue;
    throw new CommandRefused('no-folder', `${folder} in ${dir} is a link or no folder. Nothing was written.`);
  }
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
  await refuseLinks(dir, Object.keys(files));
  try {
    await mkdir(dir, { recursive: true });
    for (const { path, text } of absent) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text, { flag: 'wx' });
    }
  } catch (error) {
    throw explained(dir, error);
  }
  const written = absent.map(({ path }) => path);
  return { written, unchanged: Object.keys(files).filter((path) => !written.includes(path)) };
};

import { CommandRefused } from '@syncline/kernel';
import { InvalidArgumentError } from 'commander';
import { open, type FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { ApiClient } from '../client/api-client.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

/** Which part of the log to export; all of it where nothing is said. */
export type ExportOptions = CommonOptions & ExportedPart;

/** Reads `812` or `812.0` as the sequence of a message. */
export const parseSequence = (text: string): number => {
  const match = /^([1-9]\d{0,14})(?:\.\d{1,6})?$/.exec(text);
  if (match) return Number(match[1]);
  throw new InvalidArgumentError('Give a position, such as 812.');
};

const openForWriting = (file: string): Promise<FileHandle> =>
  open(file, 'w', 0o600).catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new CommandRefused('file-unwritable', `${file} cannot be written (${why}).`);
  });

/** Which messages of the log. */
export type ExportedPart = { readonly from?: number; readonly to?: number; readonly change?: string };

/** Has the API write the log, or a part of it, into a file; gives the bytes that were written. */
export const writeExport = async (
  api: ApiClient,
  file: string,
  part: ExportedPart,
  signal: AbortSignal,
): Promise<number> => {
  const { from, to, change } = part;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ from, to, change }))
    if (value !== undefined) query.set(name, String(value));
  const path = `/v1/log/export${query.size === 0 ? '' : `?${query.toString()}`}`;
  const response = await api.request('GET', path, undefined, { signal });
  if (!response.body) throw new CommandRefused('unexpected-answer', 'The API sent no log.');
  const written = await openForWriting(file);
  let bytes = 0;
  const count = async function* (chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  await pipeline(Readable.fromWeb(response.body), count, written.createWriteStream());
  return bytes;
};

/** Writes the log, or a part of it, into one file that can be verified by itself. */
export const exportLog = async (
  surroundings: Surroundings,
  file: string,
  options: ExportOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const bytes = await writeExport(await session.api(), file, options, surroundings.signal);
  session.show(
    { file, bytes },
    () =>
      `${(bytes / 1_000_000).toFixed(1)} MB of the log are in ${file}. Check them: syncline log verify ${file}`,
  );
};

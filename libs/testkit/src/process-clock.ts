import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where Debian's package `libfaketime` puts its library. */
const library = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** A wall clock for processes that a test starts with `environment`, and sets while they run. Monotonic clocks stay right. */
export type ProcessClock = {
  readonly environment: Readonly<Record<string, string>>;
  /** Sets it so many seconds ahead, or back; from then on it runs at `speed`. */
  readonly set: (aheadSeconds: number, speed?: number) => Promise<void>;
};

/** Why no process can be given a clock of its own here; undefined where one can. */
export const noProcessClock = (): string | undefined =>
  library === undefined ? 'libfaketime is not installed' : undefined;

/** A clock that is right at first. Its file is in `folder`. */
export const processClock = async (folder: string): Promise<ProcessClock> => {
  const file = join(folder, 'clock');
  const set = async (aheadSeconds: number, speed = 1): Promise<void> => {
    const ahead = `${aheadSeconds < 0 ? '' : '+'}${aheadSeconds}`;
    await writeFile(`${file}.new`, speed === 1 ? ahead : `${ahead} x${speed}`);
    await rename(`${file}.new`, file);
  };
  await set(0);
  return {
    environment: {
      LD_PRELOAD: library ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    set,
  };
};

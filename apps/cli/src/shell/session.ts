import { CommandRefused } from '@syncline/kernel';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { ApiClient } from '../client/api-client.js';
import { placesIn, type Places } from '../up/places.js';
import { dataText, type Format } from './formats.js';
import type { Surroundings } from './surroundings.js';

/** The checkout that this CLI belongs to. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where the installation of this checkout keeps its state. */
export const defaultState = `${root}.syncline`;

/** Options that every command has. */
export type CommonOptions = { readonly output?: Format; readonly state?: string };

/** What a command works with: the API, and a way to show its answer. */
export type Session = {
  readonly surroundings: Surroundings;
  readonly format: Format;
  readonly places: Places;
  /** Connects to the API; throws CommandRefused where it cannot be found. */
  readonly api: () => Promise<ApiClient>;
  /** Shows a value for programs, or what `table` makes of it for people. */
  readonly show: (value: unknown, table: () => string) => void;
};

const readText = async (file: string): Promise<string | undefined> => {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text?.trim();
};

const connect = async (
  places: Places,
  environment: NodeJS.ProcessEnv,
  forPrograms: boolean,
): Promise<ApiClient> => {
  const url = environment.SYNCLINE_URL ?? (await readText(places.url));
  if (url === undefined) {
    throw new CommandRefused(
      'not-running',
      `Syncline is not running in ${places.state}. Start it with npm start, name its state directory with --state DIR, or set SYNCLINE_URL.`,
    );
  }
  const token = environment.SYNCLINE_TOKEN ?? (await readText(places.token));
  if (token === undefined) {
    throw new CommandRefused(
      'no-token',
      `There is no token for ${url}. Set SYNCLINE_TOKEN, or name a state directory with --state DIR.`,
    );
  }
  return new ApiClient({ url: url.replace(/\/+$/, ''), token }, { forPrograms });
};

/** The session of one command. */
export const openSession = (surroundings: Surroundings, options: CommonOptions): Session => {
  const { environment, out } = surroundings;
  const places = placesIn(options.state ?? defaultState);
  const format = options.output ?? 'table';
  return {
    surroundings,
    format,
    places,
    api: () => connect(places, environment, format !== 'table'),
    show: (value, table) => out(format === 'table' ? table() : dataText(value, format)),
  };
};

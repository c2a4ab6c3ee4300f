import { CommandRefused } from '@syncline/kernel';
import { InvalidArgumentError, type Command } from 'commander';
import { z } from 'zod';

import { findApplication, type ApplicationName } from '../application/find-application.js';
import type { ApiClient } from '../client/api-client.js';
import { event, listOf, type LogEvent } from '../client/contract.js';
import { followEvents } from '../client/event-stream.js';
import { addAt, type AsOf } from '../shell/as-of.js';
import { addLeaf, collect } from '../shell/leaf.js';
import { dataText } from '../shell/formats.js';
import { readInstant } from '../shell/instants.js';
import { printable } from '../shell/printable.js';
import { addKeeping } from './keeping.js';
import { addProving } from './proving.js';
import { listParked, resumeParked } from './parked.js';
import { openSession, type CommonOptions, type Session } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { belongsTo } from '../story/belongs-to.js';
import { eventLine } from '../story/event-line.js';
import { sayProgress } from './rebuild-progress.js';

const page = 500;
const logAnswer = z.looseObject({ position: z.string(), events: z.number().nullish() });

type TailOptions = CommonOptions &
  AsOf & {
    readonly follow?: boolean;
    readonly type?: readonly string[];
    readonly application?: string;
    readonly limit: number;
  };

type Wanted = AsOf & { readonly types: readonly string[]; readonly application?: ApplicationName };

const matches = (one: LogEvent, { types, application }: Wanted): boolean =>
  (types.length === 0 || types.includes(one.type)) && (!application || belongsTo(one, application));

const readAfter = async (api: ApiClient, wanted: Wanted, after: number): Promise<readonly LogEvent[]> => {
  const found: LogEvent[] = [];
  const query = new URLSearchParams({ limit: String(page), after: `${after}.0` });
  if (wanted.types.length > 0) query.set('type', wanted.types.join(','));
  if (wanted.at !== undefined) query.set('at', wanted.at);
  for (;;) {
    const { items, next } = await api.get(`/v1/events?${query.toString()}`, listOf(event));
    found.push(...items.filter((one) => matches(one, wanted)));
    if (typeof next !== 'string') return found;
    query.set('after', next);
  }
};

/** The last matching events of the log, in order: looked for from its end, in growing steps. */
const readTail = async (api: ApiClient, wanted: Wanted, limit: number): Promise<readonly LogEvent[]> => {
  const { position } = await api.get('/v1/log', logAnswer);
  const last = Number.parseInt(position, 10);
  for (let back = limit * 4; limit > 0; back *= 8) {
    const found = await readAfter(api, wanted, Math.max(0, last - back));
    if (found.length >= limit || back >= last) return found.slice(-limit);
  }
  return [];
};

const print = ({ format, surroundings }: Session, one: LogEvent): void => {
  if (format === 'table') surroundings.out(eventLine(one));
  else surroundings.out(format === 'json' ? printable(JSON.stringify(one)) : `---\n${dataText(one, 'yaml')}`);
};

const tail = async (surroundings: Surroundings, options: TailOptions): Promise<void> => {
  if (options.at !== undefined && options.follow === true)
    throw new CommandRefused('usage', 'What comes is not of then: give --at or --follow.');
  const session = openSession(surroundings, options);
  const api = await session.api();
  const { position } = await api.get('/v1/log', logAnswer);
  const application =
    options.application === undefined ? undefined : await findApplication(api, options.application);
  const wanted = {
    types: options.type ?? [],
    ...(application && { application }),
    ...(options.at !== undefined && { at: readInstant(options.at, surroundings.now()) }),
  };
  const last = await readTail(api, wanted, options.limit);
  for (const one of last) print(session, one);
  if (options.follow !== true) return;
  const after = last.at(-1)?.position ?? position;
  for await (const one of followEvents(api, { types: wanted.types, after }, surroundings.signal)) {
    if (matches(one, wanted)) print(session, one);
  }
};

const rebuildAnswer = z.looseObject({ position: z.string().nullish(), equal: z.boolean().nullish() });

const rebuild = async (surroundings: Surroundings, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const asked = api.post('/v1/log/rebuild', {}, rebuildAnswer);
  const answer = await sayProgress(api, surroundings.err, asked);
  session.show(answer, () => {
    if (answer.equal === false) return 'The views were rebuilt from the log, and differ from what they were.';
    const known = answer.equal === true ? ', equal row for row' : '';
    return `The views were rebuilt from the log${known}${typeof answer.position === 'string' ? `, position ${answer.position}` : ''}.`;
  });
};

const parseLimit = (text: string): number => {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw new InvalidArgumentError('Give a whole number.');
};

/** `syncline log` */
export const addLog = (program: Command, surroundings: Surroundings): void => {
  const log = program.command('log').description('Read the log: everything that happened, in order.');
  const tails = addLeaf(log, {
    usage: 'tail',
    about: 'Show the last events, and with --follow those that come.',
    examples: [
      'syncline log tail --follow',
      'syncline log tail --application checkout',
      'syncline log tail --type ApplyFailed -o json',
      'syncline log tail --at "2h ago"',
    ],
  });
  addAt(tails, 'the last that the log had then')
    .option('-f, --follow', 'go on with what happens, until Ctrl-C')
    .option('--type <type>', 'events of this type; may be given again', collect)
    .option('--application <application>', 'events of this application')
    .option('--limit <number>', 'how many events to begin with', parseLimit, 20)
    .action((options: TailOptions) => tail(surroundings, options));
  addProving(log, surroundings);
  addKeeping(log, surroundings);
  addLeaf(log, {
    usage: 'rebuild',
    about: 'Make the views anew from the log. Nothing is deployed by that.',
    examples: ['syncline log rebuild'],
  }).action((options: CommonOptions) => rebuild(surroundings, options));
  const parked = addLeaf(log, {
    usage: 'parked',
    about: 'List what a reaction gave up on: later events of the subject wait behind it.',
    examples: ['syncline log parked', 'syncline log parked --at "2h ago"'],
  });
  addAt(parked).action((options: CommonOptions & AsOf) => listParked(surroundings, options));
  addLeaf(log, {
    usage: 'resume <service> <reaction> <subject>',
    about: 'Go on with a parked subject, once what it fails on is mended.',
    examples: ['syncline log resume planner planning ev.plan.prod-eu.default.checkout'],
  }).action((service: string, reaction: string, subject: string, options: CommonOptions) =>
    resumeParked(surroundings, [service, reaction, subject], options),
  );
};

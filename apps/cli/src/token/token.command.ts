import { Option, type Command } from 'commander';
import { z } from 'zod';

import { listOf } from '../client/contract.js';
import { dateTime, parseDuration } from '../shell/durations.js';
import { tableText } from '../shell/formats.js';
import { addAt, pathAt, type AsOf } from '../shell/as-of.js';
import { readInstant } from '../shell/instants.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

const roles = ['admin', 'operator', 'viewer'] as const;

const issued = z.looseObject({ id: z.string(), token: z.string(), position: z.string() });
const token = z.looseObject({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  expiresAt: z.string().nullish(),
  issuedAt: z.string().nullish(),
  revoked: z.boolean().nullish(),
});

const isAccepted = ({ revoked, expiresAt }: z.infer<typeof token>, now: Date): boolean =>
  revoked !== true && (typeof expiresAt !== 'string' || Date.parse(expiresAt) > now.getTime());

type CreateOptions = CommonOptions & { readonly role: string; readonly expires?: number };

const create = async (surroundings: Surroundings, name: string, options: CreateOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const expiresAt =
    options.expires === undefined
      ? undefined
      : new Date(surroundings.now().getTime() + options.expires).toISOString();
  const body = { name, role: options.role, ...(expiresAt !== undefined && { expiresAt }) };
  const answer = await (await session.api()).post('/v1/tokens', body, issued);
  session.show(
    answer,
    () =>
      `${answer.token}\nThis is the only time that it is shown. syncline token revoke ${answer.id} ends it.`,
  );
};

const list = async (surroundings: Surroundings, options: CommonOptions & AsOf): Promise<void> => {
  const session = openSession(surroundings, options);
  const path = pathAt('/v1/tokens', options, surroundings);
  const all = await (await session.api()).get(path, listOf(token));
  const then =
    options.at === undefined ? surroundings.now() : new Date(readInstant(options.at, surroundings.now()));
  const items = all.items.filter((one) => isAccepted(one, then));
  const when = (instant: string | null | undefined, otherwise: string): string =>
    typeof instant === 'string' ? dateTime(instant, surroundings.now()) : otherwise;
  const rows = items.map((one) => [
    one.id,
    one.name,
    one.role,
    when(one.issuedAt, ''),
    when(one.expiresAt, 'never'),
  ]);
  session.show({ tokens: items }, () => tableText(['ID', 'NAME', 'ROLE', 'ISSUED', 'EXPIRES'], rows));
};

const revoke = async (surroundings: Surroundings, id: string, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  await (await session.api()).delete(`/v1/tokens/${encodeURIComponent(id)}`);
  session.show({ id }, () => `Token ${id} is no longer accepted.`);
};

/** `syncline token` */
export const addToken = (program: Command, surroundings: Surroundings): void => {
  const group = program.command('token').description('Make and end bearer tokens for people and programs.');
  addLeaf(group, {
    usage: 'create <name>',
    about: 'Make a token; it is shown once.',
    examples: ['syncline token create ci --role operator --expires 720h'],
  })
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).default('viewer'))
    .option('--expires <duration>', 'how long it is accepted, such as 24h', parseDuration)
    .action((name: string, options: CreateOptions) => create(surroundings, name, options));
  const lists = addLeaf(group, {
    usage: 'list',
    about: 'List the tokens that are accepted.',
    examples: ['syncline token list', 'syncline token list --at "2h ago"'],
  });
  addAt(lists).action((options: CommonOptions & AsOf) => list(surroundings, options));
  addLeaf(group, {
    usage: 'revoke <id>',
    about: 'End a token.',
    examples: ['syncline token revoke 01J8Z6'],
  }).action((id: string, options: CommonOptions) => revoke(surroundings, id, options));
};

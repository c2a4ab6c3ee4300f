import { Body, Controller, Delete, Get, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { subjects } from '@syncline/events';
import { People } from '@syncline/kernel';
import { z } from 'zod';

import { Config } from '../config.js';
import { PeopleNames } from '../people/people-names.js';
import { notFound } from '../problems/problem.js';
import { CallerOf, Writes, type Caller } from '../requests/caller.js';
import { instant, pastOf } from '../requests/instants.js';
import { anyName } from '../requests/names.js';
import { written } from '../requests/positions.js';
import { AnswersPast } from '../requests/reads-views.js';
import { Allows } from './allows.js';
import { KnownTokens, type KnownToken } from './known-tokens.js';
import { PastTokens } from './past-tokens.js';
import { newTokenText, repeatableTokenText, tokenHash, tokenId } from './token-text.js';

const visible = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\p{C}]+$/u, 'must be visible text');

/** `name` says what the token is for and stands in the log; a person's name and address do not. */
const newToken = z.object({
  name: visible,
  role: z.enum(['admin', 'operator', 'viewer']),
  person: z.object({ name: visible, email: z.email().max(200) }).optional(),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

const token = z.object({
  id: z.string(),
  name: z.string(),
  role: z.string(),
  actor: z.string(),
  person: z.object({ name: z.string(), email: z.string() }).nullable(),
  issuedAt: z.string(),
  expiresAt: z.string().nullable(),
  revoked: z.boolean(),
});
const query = z.object({ at: instant.optional() });
const tokenList = z.object({ items: z.array(token) });
const issued = z.object({ id: z.string(), token: z.string(), position: z.string() });

/** Bearer tokens: made, listed, revoked by administrators. A token's text is given once, to whoever made it. */
@ApiTags('access')
@Allows('admin')
@Controller('v1/tokens')
export class TokensController {
  constructor(
    @Inject(KnownTokens) private readonly tokens: KnownTokens,
    @Inject(People) private readonly people: People,
    @Inject(PeopleNames) private readonly names: PeopleNames,
    @Inject(PastTokens) private readonly past: PastTokens,
    @Inject(Config) private readonly config: Pick<Config, 'idKey'>,
  ) {}

  @Get()
  @AnswersPast()
  @ApiResponse({ status: 200, standardSchema: tokenList })
  async list(@Query({ schema: query }) asked: z.infer<typeof query>): Promise<z.infer<typeof tokenList>> {
    const at = pastOf(asked.at);
    const tokens = at === undefined ? this.tokens.list() : await this.past.at(at);
    return { items: await Promise.all(tokens.map((one) => this.#shown(one))) };
  }

  @Post()
  @Writes()
  @ApiResponse({ status: 201, standardSchema: issued })
  async issue(
    @Body({ schema: newToken }) body: z.infer<typeof newToken>,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const { name, role, person, expiresAt } = body;
    const key = caller.idempotencyKey;
    const text =
      key === undefined ? newTokenText() : repeatableTokenText(this.config.idKey, caller.actor, key);
    const id = tokenId(text);
    const actor = person ? `person:${await this.people.identify(person)}` : `token:${id}`;
    const data = {
      token: id,
      name,
      role,
      hash: tokenHash(text),
      ...(expiresAt !== undefined && { expiresAt }),
    };
    const { position } = await this.tokens.decide(actor, { type: 'issue', data }, caller);
    return written(position, { id, token: text });
  }

  @Delete(':id')
  @Writes()
  async revoke(
    @Param('id', { schema: anyName }) id: string,
    @CallerOf() caller: Caller,
  ): Promise<Record<string, unknown>> {
    const known = this.tokens.get(id);
    if (!known) {
      throw notFound(
        'token-unknown',
        `There is no token ${id}. GET /v1/tokens lists those that were issued.`,
      );
    }
    const { position } = await this.tokens.decide(known.subject, { type: 'revoke', token: id }, caller);
    return written(position, { id, subject: subjects.access(known.subject) });
  }

  async #shown({ id, name, role, subject, issuedAt, expiresAt, revoked }: KnownToken) {
    const person = await this.names.personOf(subject);
    return { id, name, role, actor: subject, person: person ?? null, issuedAt, expiresAt, revoked };
  }
}

import { serviceAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import { parseRemoteUrl, readPrivateKey, type GitCredential } from '@syncline/git';
import {
  canonicalJson,
  CommandRefused,
  type Aggregates,
  type BlobRef,
  type BlobStore,
  type Cause,
} from '@syncline/kernel';
import { unseal } from '@syncline/sealing';
import { z } from 'zod';

import type { Config } from '../config.js';
import { serviceName } from '../service.js';

const mediaType = 'application/age';

const credential = z
  .strictObject({
    username: z.string().optional(),
    password: z.string().optional(),
    token: z.string().optional(),
    privateKey: z.string().max(65_536).optional(),
  })
  .refine(({ password, token, privateKey }) => (password ?? token ?? privateKey) !== undefined);

/** Refuses a deploy key for what is not SSH, and anything else for what is. */
const verifyFit = (given: GitCredential, repository: string, url: string): void => {
  const isSsh = parseRemoteUrl(url).transport === 'ssh';
  const isKey = given.privateKey !== undefined;
  const refuse = (sentence: string): CommandRefused => new CommandRefused('credential-unfit', sentence);
  if (isSsh && !isKey)
    throw refuse(`${repository} is reached over SSH, which takes a deploy key: --deploy-key FILE.`);
  if (!isSsh && isKey) throw refuse(`A deploy key is for SSH, and ${repository} is not reached by it.`);
  if (given.privateKey === undefined) return;
  try {
    readPrivateKey(given.privateKey);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
};

/** Git credentials: sealed in the blobs, and open in this process's memory alone. */
export class Credentials {
  readonly #opened = new Map<string, GitCredential>();

  constructor(
    private readonly blobs: BlobStore,
    private readonly aggregates: Aggregates,
    private readonly config: Pick<Config, 'identity'>,
  ) {}

  /** The credential behind a reference. Throws SealingError where it was sealed to another key. */
  async open(ref: BlobRef): Promise<GitCredential> {
    const known = this.#opened.get(ref.digest);
    if (known) return known;
    const opened = await this.#unseal(await this.blobs.get('hub', ref.digest));
    this.#opened.set(ref.digest, opened);
    return opened;
  }

  /**
   * Keeps a sealed credential of a repository and says so in the log; one that says the same as `current` changes nothing.
   * Refuses what is not sealed to this service, holds no credential, or none that the repository's address takes.
   */
  async keep(
    { repository, url }: { readonly repository: string; readonly url: string },
    sealed: Uint8Array,
    cause: Cause,
    current?: BlobRef,
  ): Promise<BlobRef> {
    const given = await this.#unseal(sealed).catch(() => {
      throw new CommandRefused(
        'credential-unreadable',
        `The credential of ${repository} is not sealed to ${serviceName}, or holds neither password, token nor deploy key. syncline repo add seals it.`,
      );
    });
    verifyFit(given, repository, url);
    return this.#keep(`repository/${repository}`, { sealed, given }, cause, current);
  }

  /** Keeps a sealed credential for something that takes a user and password, or a token. */
  async keepFor(name: string, sealed: Uint8Array, cause: Cause, current?: BlobRef): Promise<BlobRef> {
    const given = await this.#unseal(sealed).catch(() => undefined);
    if (!given || given.privateKey !== undefined)
      throw new CommandRefused(
        'credential-unreadable',
        `The credential for ${name} is not sealed to ${serviceName}, or holds neither password nor token.`,
      );
    return this.#keep(name, { sealed, given }, cause, current);
  }

  async #keep(
    name: string,
    { sealed, given }: { readonly sealed: Uint8Array; readonly given: GitCredential },
    cause: Cause,
    current?: BlobRef,
  ): Promise<BlobRef> {
    if (current && (await this.#isSame(current, given))) return current;
    const ref = await this.blobs.put('hub', sealed, mediaType);
    const data = { service: serviceName, name, credential: ref };
    await this.aggregates.decide(
      serviceAggregate,
      subjects.service(serviceName),
      { type: 'seal', data },
      { ...cause, idempotencyKey: `sealed-${name}-${ref.digest}` },
    );
    return ref;
  }

  /** age is randomised, so that equal credentials are equal only when they are open. */
  async #isSame(current: BlobRef, given: GitCredential): Promise<boolean> {
    const known = await this.open(current).catch(() => undefined);
    return known !== undefined && canonicalJson(known) === canonicalJson(given);
  }

  async #unseal(sealed: Uint8Array): Promise<GitCredential> {
    const text = new TextDecoder().decode(await unseal(sealed, this.config.identity));
    const { username, password, token, privateKey } = credential.parse(JSON.parse(text));
    return {
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(token !== undefined && { token }),
      ...(privateKey !== undefined && { privateKey }),
    };
  }
}

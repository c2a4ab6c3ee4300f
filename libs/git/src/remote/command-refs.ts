import { runGit } from '../process/run-git.js';
import { classifySaid } from './classify-said.js';
import { fetchError, refVanished } from './classify.js';
import { refNameOf } from './ref-names.js';
import type { ConcreteRef, RefFinder, RemoteOptions } from './remote.js';
import { nameOfRemote, type RemoteAddress } from './remote-url.js';
import { withTransport } from './transport.js';

const peeled = '^{}';
const tagPrefix = 'refs/tags/';

/**
 * Lists refs with `git ls-remote`, which is not narrowed to one. For SSH and folders; over HTTP it takes any page for the list of
 * a server without refs.
 */
export class CommandRefs implements RefFinder {
  readonly #remote: string;

  constructor(
    private readonly address: RemoteAddress,
    private readonly options: RemoteOptions,
  ) {
    this.#remote = nameOfRemote(address.url);
  }

  async findHead(ref: ConcreteRef, signal?: AbortSignal): Promise<string> {
    const name = refNameOf(ref);
    const patterns = name === undefined ? [] : [name, `${name}${peeled}`];
    const refs = await this.#list(patterns, signal);
    const found = name === undefined ? undefined : (refs.get(`${name}${peeled}`) ?? refs.get(name));
    if (found !== undefined) return found;
    const others = name === undefined ? refs : await this.#list([], signal);
    if (others.size === 0) throw fetchError('empty', this.#remote);
    if (name === undefined) return ref.name;
    throw refVanished(ref, this.#remote);
  }

  async listTags(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const refs = await this.#list([`${tagPrefix}*`], signal);
    const tags = [...refs].filter(([name]) => name.startsWith(tagPrefix) && !name.endsWith(peeled));
    return new Map(
      tags.map(([name, oid]) => [name.slice(tagPrefix.length), refs.get(`${name}${peeled}`) ?? oid]),
    );
  }

  async #list(patterns: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const deadline = AbortSignal.timeout(this.options.limits?.listMs ?? 30_000);
    const { exitCode, stdout, stderr } = await withTransport(this.address, this.options, (settings) =>
      runGit({
        ...settings,
        args: ['ls-remote', '--quiet', '--', this.address.address, ...patterns],
        signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      }),
    ).catch((error: unknown) => {
      throw deadline.aborted ? fetchError('slow', this.#remote) : error;
    });
    if (exitCode !== 0) throw await classifySaid(stderr, this.address, this.options);
    const lines = stdout.toString().split('\n');
    return new Map(
      lines.flatMap((line) => {
        const [oid = '', refName] = line.split('\t');
        return refName === undefined ? [] : [[refName, oid] as const];
      }),
    );
  }
}

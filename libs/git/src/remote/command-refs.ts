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
 * Lists refs with `git ls-remote`, which is narrowed to branches or to tags, not to one of them: what forges keep beside
 * (`refs/pull/…`) is not listed. For SSH and folders; over HTTP it takes any page for the list of a server without refs.
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
    if (name === undefined) return this.#commit(ref, signal);
    const kind = ref.kind === 'tag' ? '--tags' : '--heads';
    const refs = await this.#list([kind], [name, `${name}${peeled}`], signal);
    const found = refs.get(`${name}${peeled}`) ?? refs.get(name);
    if (found !== undefined) return found;
    const others = await this.#list([], [], signal);
    throw others.size === 0 ? fetchError('empty', this.#remote) : refVanished(ref, this.#remote);
  }

  async listTags(signal?: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const refs = await this.#list(['--tags'], [], signal);
    const tags = [...refs].filter(([name]) => name.startsWith(tagPrefix) && !name.endsWith(peeled));
    return new Map(
      tags.map(([name, oid]) => [name.slice(tagPrefix.length), refs.get(`${name}${peeled}`) ?? oid]),
    );
  }

  /** A commit stands where it is, in a repository that has anything. */
  async #commit({ name }: ConcreteRef, signal?: AbortSignal): Promise<string> {
    const branches = await this.#list(['--heads'], [], signal);
    if (branches.size > 0 || (await this.#list([], [], signal)).size > 0) return name;
    throw fetchError('empty', this.#remote);
  }

  async #list(
    kinds: readonly ('--heads' | '--tags')[],
    patterns: readonly string[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const deadline = AbortSignal.timeout(this.options.limits?.listMs ?? 30_000);
    const { exitCode, stdout, stderr } = await withTransport(this.address, this.options, (settings) =>
      runGit({
        ...settings,
        args: ['ls-remote', '--quiet', ...kinds, '--', this.address.address, ...patterns],
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

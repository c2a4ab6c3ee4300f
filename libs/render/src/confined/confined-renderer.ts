import { availableParallelism } from 'node:os';

import type { ConfigurationError } from '@syncline/events';
import pLimit from 'p-limit';

import type { DeclaringRepository } from '../configuration/read-application.js';
import type { Configuration, SourceFile } from '../configuration/read-configuration.js';
import { detectRenderer, lineageOf, type Lineage, type LineageSource } from '../lineage.js';
import { isRenderError } from '../render-error.js';
import type { Rendered, RenderInput } from '../render.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { limits } from '../yaml/limits.js';
import { ConfinedProcess } from './confined-process.js';

/** What to render; the tree is answered for here, not in the process that asks for it. */
export type ConfinedRender = Omit<RenderInput, 'tree'> & { readonly tree: TreeReader };

const noTree: TreeReader = {
  list: () => Promise.resolve([]),
  read: (path) => Promise.reject(new Error(`${path} was asked for, where only texts are read`)),
  oid: () => Promise.resolve(undefined),
};

/**
 * Reads and renders what repositories hold in processes of their own ({@link ConfinedProcess}), so that no file can hold up or end
 * the process that asks, however it is made: as many renders at once as there are processors, and beside them one task that reads
 * configuration or follows a kustomization, so that those do not wait for renders.
 */
export class ConfinedRenderer {
  readonly #idle: ConfinedProcess[] = [];
  readonly #processes: ConfinedProcess[] = [];
  readonly #reader: ConfinedProcess;
  readonly #renders = pLimit(availableParallelism());
  readonly #readings = pLimit(1);

  /** `ended` hears of processes that were ended for the time or the memory that they took. */
  constructor(private readonly ended: (why: 'time' | 'memory') => void = () => undefined) {
    this.#reader = this.#make();
  }

  /** How many renders wait for their turn. */
  get waiting(): number {
    return this.#renders.pendingCount;
  }

  /** As `render`, within bounds: throws RenderError `time-limit` or `memory-limit` with the file that was read last. */
  render({ tree, signal, ...input }: ConfinedRender): Promise<Rendered> {
    return this.#renders(async () => {
      const process = this.#idle.pop() ?? this.#make();
      try {
        return await process.run({ task: 'render', input, tree, signal, deadlineMs: limits.renderingMs });
      } finally {
        this.#idle.push(process);
      }
    });
  }

  /** As `lineageOf`. Where no file has to be read for it, none is, and nothing is started. */
  async lineageOf(tree: TreeReader, source: LineageSource): Promise<Lineage> {
    if ((await detectRenderer(tree, source)) !== 'kustomize') return lineageOf(tree, source);
    const deadlineMs = limits.readingMs;
    return this.#readings(() => this.#reader.run({ task: 'lineage', input: source, tree, deadlineMs }));
  }

  /** As `readConfiguration`; a file that takes too much is an error of the configuration, by its name. */
  async readConfiguration(
    files: readonly SourceFile[],
    repository: DeclaringRepository,
  ): Promise<Configuration> {
    if (files.length === 0) return { applications: [], errors: [] };
    try {
      return await this.#read(files, repository);
    } catch (error) {
      if (!isRenderError(error, 'time-limit', 'memory-limit')) throw error;
      return { applications: [], errors: await this.#blame(files, repository, error.message) };
    }
  }

  /** Ends every process. */
  close(): void {
    for (const process of this.#processes) process.close();
  }

  #make(): ConfinedProcess {
    const process = new ConfinedProcess(this.ended);
    this.#processes.push(process);
    return process;
  }

  #read(files: readonly SourceFile[], repository: DeclaringRepository): Promise<Configuration> {
    const input = { files, repository };
    const deadlineMs = limits.readingMs;
    return this.#readings(() => this.#reader.run({ task: 'configuration', input, tree: noTree, deadlineMs }));
  }

  /** The files that take too much, found by halves: each by itself, or all of them where only together they do. */
  async #blame(
    files: readonly SourceFile[],
    repository: DeclaringRepository,
    reason: string,
  ): Promise<readonly ConfigurationError[]> {
    const [first, second] = files;
    if (first === undefined) return [];
    if (second === undefined) return [{ file: first.path, line: 1, reason }];
    const found: ConfigurationError[] = [];
    const middle = Math.ceil(files.length / 2);
    for (const half of [files.slice(0, middle), files.slice(middle)]) {
      const { errors } = await this.readConfiguration(half, repository);
      found.push(...errors);
    }
    return found.length > 0 ? found : [{ file: first.path, line: 1, reason: `with others: ${reason}` }];
  }
}

import type { ConfigurationError } from '@syncline/events';
import pLimit from 'p-limit';

import type { DeclaringRepository } from '../configuration/read-application.js';
import type { Configuration, SourceFile } from '../configuration/read-configuration.js';
import { detectRenderer, lineageOf, type Lineage, type LineageSource } from '../lineage.js';
import { isRenderError } from '../render-error.js';
import type { Rendered, RenderInput } from '../render.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { limits } from '../yaml/limits.js';
import { ConfinedProcess, type Task } from './confined-process.js';
import type { TaskName, Tasks } from './messages.js';

/** What to render; the tree is answered for here, not in the process that asks for it. */
export type ConfinedRender = Omit<RenderInput, 'tree'> & { readonly tree: TreeReader };

const noTree: TreeReader = {
  list: () => Promise.resolve([]),
  read: (path) => Promise.reject(new Error(`${path} was asked for, where only texts are read`)),
  oid: () => Promise.resolve(undefined),
};

/**
 * Reads and renders what repositories hold in processes of their own ({@link ConfinedProcess}), so that no file can hold up or end
 * the process that asks, however it is made: one for each render that is under way (whoever asks bounds how many), and one more that
 * reads configuration and follows kustomizations, one after the other, so that those do not wait for renders.
 */
export class ConfinedRenderer {
  readonly #idle: ConfinedProcess[] = [];
  readonly #processes: ConfinedProcess[] = [];
  readonly #readings = pLimit(1);

  /** `ended` hears of processes that were ended for the time or the memory that they took. */
  constructor(private readonly ended: (why: 'time' | 'memory') => void = () => undefined) {}

  /** As `render`, within bounds: throws RenderError `time-limit` or `memory-limit` with the file that was read last. */
  render({ signal, tree, ...input }: ConfinedRender): Promise<Rendered> {
    return this.#run({ task: 'render', input, tree, signal, deadlineMs: limits.renderingMs });
  }

  /** As `lineageOf`. Where no file has to be read for it, none is, and nothing is started. */
  async lineageOf(tree: TreeReader, source: LineageSource): Promise<Lineage> {
    if ((await detectRenderer(tree, source)) !== 'kustomize') return lineageOf(tree, source);
    const task = { task: 'lineage', input: source, tree, deadlineMs: limits.readingMs } as const;
    return this.#readings(() => this.#run(task));
  }

  /** As `readConfiguration`; a file that takes too much is an error of the configuration, by its name. */
  async readConfiguration(
    files: readonly SourceFile[],
    repository: DeclaringRepository,
  ): Promise<Configuration> {
    if (files.length === 0) return { applications: [], errors: [] };
    const input = { files, repository };
    const task = { task: 'configuration', input, tree: noTree, deadlineMs: limits.readingMs } as const;
    try {
      return await this.#readings(() => this.#run(task));
    } catch (error) {
      if (!isRenderError(error, 'time-limit', 'memory-limit')) throw error;
      return { applications: [], errors: await this.#blame(files, repository, error.message) };
    }
  }

  /** Has a process ready, so that what comes first does not wait for its start. */
  keepReady(): void {
    const process = this.#idle[0] ?? this.#make();
    process.keepReady();
    if (!this.#idle.includes(process)) this.#idle.push(process);
  }

  /** Ends every process. */
  close(): void {
    for (const process of this.#processes) process.close();
  }

  async #run<Name extends TaskName>(task: Task<Name>): Promise<Tasks[Name]['answer']> {
    const process = this.#idle.pop() ?? this.#make();
    try {
      return await process.run(task);
    } finally {
      this.#idle.push(process);
    }
  }

  #make(): ConfinedProcess {
    const process = new ConfinedProcess(this.ended);
    this.#processes.push(process);
    return process;
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

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { isRenderError, RenderError } from '../render-error.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { limits } from '../yaml/limits.js';
import { errorOf, failureOf, placeOf } from './failures.js';
import type { ParentMessage, ProcessMessage, TaskName, Tasks, TreeAnswer, TreeQuestion } from './messages.js';

/** Built code, also where the sources are run as they are. */
const program = fileURLToPath(new URL('../../dist/confined/main.js', import.meta.url));
/** A core file would hold values of Secrets. An image without a shell has nobody who would read one either. */
const withoutCore = existsSync('/bin/sh') ? ['/bin/sh', '-c', 'ulimit -c 0; exec "$@"', 'sh'] : [];
const idleMs = 30_000;
const keptOutput = 4_096;

/** A task for a process: what to do, over which tree, and for how long at most. */
export type Task<Name extends TaskName> = {
  readonly task: Name;
  readonly input: Tasks[Name]['input'];
  readonly tree: TreeReader;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
};

type Running = {
  readonly child: ChildProcess;
  readonly tree: TreeReader;
  readonly settle: (outcome: { readonly value: unknown } | { readonly error: Error }) => void;
  /** What the process read last: what it is about where it never answers. */
  lastRead: string | undefined;
};

/** The heap ran full: V8 says so and aborts. */
const isOutOfMemory = (said: string, signal: NodeJS.Signals | null): boolean =>
  /heap out of memory|allocation failed/i.test(said) || signal === 'SIGABRT' || signal === 'SIGTRAP';

/**
 * A process of its own that reads what nobody vouches for: a bounded heap, an empty environment, no core file, a deadline for each
 * task. It takes one task at a time, is started when there is one, and ends when there was none for a while.
 */
export class ConfinedProcess {
  #child: ChildProcess | undefined;
  #running: Running | undefined;
  #said = '';
  #idle: NodeJS.Timeout | undefined;
  #isKeptReady = false;

  /** `ended` hears of processes that had to be ended. */
  constructor(
    private readonly ended: (why: 'time' | 'memory') => void,
    private readonly bounds: { readonly heapMegabytes: number } = limits,
  ) {}

  /** Has the process run from now on, so that a task does not wait for its start; a fresh one where it was used. */
  keepReady(): void {
    this.#isKeptReady = true;
    this.#child ??= this.#start();
  }

  /** Throws {@link RenderError}: what the task came to, `time-limit` or `memory-limit` with the file that was read last, `aborted`. */
  run<Name extends TaskName>(task: Task<Name>): Promise<Tasks[Name]['answer']> {
    clearTimeout(this.#idle);
    if (task.signal?.aborted === true) return Promise.reject(aborted());
    const child = (this.#child ??= this.#start());
    return new Promise((resolve, reject) => {
      const stop = (): void => this.#fail(aborted());
      const timer = setTimeout(() => this.#exceeded(task.deadlineMs), task.deadlineMs);
      task.signal?.addEventListener('abort', stop);
      const settle: Running['settle'] = (outcome) => {
        clearTimeout(timer);
        task.signal?.removeEventListener('abort', stop);
        this.#running = undefined;
        this.#idle = setTimeout(() => this.#rest(), idleMs).unref();
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value as Tasks[Name]['answer']);
      };
      this.#running = { child, tree: task.tree, settle, lastRead: undefined };
      this.#send({ task: task.task, input: task.input } as ParentMessage);
    });
  }

  /** Ends the process, and the programs that it has started; a task that is under way is `aborted`. */
  close(): void {
    this.#isKeptReady = false;
    this.#fail(aborted());
  }

  /** Gives back the memory that tasks took. */
  #rest(): void {
    this.#kill();
    if (this.#isKeptReady) this.#child = this.#start();
  }

  #kill(): void {
    clearTimeout(this.#idle);
    const { pid } = this.#child ?? {};
    this.#child = undefined;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  #start(): ChildProcess {
    const heap = [`--max-old-space-size=${this.bounds.heapMegabytes}`, '--max-semi-space-size=16'];
    const command: readonly string[] = [...withoutCore, process.execPath, ...heap, program];
    const [first = process.execPath, ...rest] = command;
    const child = spawn(first, rest, {
      detached: true,
      env: { ...(process.env.TMPDIR !== undefined && { TMPDIR: process.env.TMPDIR }) },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#said = '';
    child.stderr?.on('data', (data: Buffer) => {
      if (child === this.#child) this.#said = (this.#said + data.toString()).slice(-keptOutput);
    });
    child.on('message', (message: ProcessMessage) => this.#hear(child, message));
    child.on('error', (error) => this.#gone(child, error.message, null));
    child.on('close', (code, signal) => this.#gone(child, `it ended with ${signal ?? String(code)}`, signal));
    child.unref();
    child.channel?.unref();
    (child.stderr as unknown as { unref: () => void }).unref();
    return child;
  }

  #send(message: ParentMessage): void {
    // A process that is gone says so by its end.
    this.#child?.send(message, () => undefined);
  }

  #hear(child: ChildProcess, message: ProcessMessage): void {
    const running = this.#running;
    if (running?.child !== child) return;
    if ('ask' in message) void this.#answer(running, message);
    else if ('done' in message) running.settle({ value: message.done });
    else running.settle({ error: errorOf(message.failed, running.lastRead) });
  }

  async #answer(running: Running, { ask, method, path }: TreeQuestion): Promise<void> {
    if (method === 'read') running.lastRead = path;
    let answer: TreeAnswer;
    try {
      answer = { answers: ask, value: await running.tree[method](path) };
    } catch (error) {
      if (!isRenderError(error)) {
        this.#failOf(running, error as Error);
        return;
      }
      answer = { answers: ask, failure: failureOf(error) };
    }
    if (running === this.#running) this.#send(answer);
  }

  /** What goes wrong with the tree itself is nothing that the process could do something about. */
  #failOf(running: Running, error: Error): void {
    if (running === this.#running) this.#fail(error);
  }

  #fail(error: Error): void {
    const running = this.#running;
    this.#kill();
    running?.settle({ error });
  }

  #exceeded(deadlineMs: number): void {
    this.ended('time');
    const sentence = `takes longer than ${deadlineMs / 1000} s to be read`;
    this.#fail(new RenderError('time-limit', sentence, placeOf(this.#running?.lastRead)));
  }

  #gone(child: ChildProcess, how: string, signal: NodeJS.Signals | null): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    const running = this.#running;
    if (running === undefined) return;
    if (!isOutOfMemory(this.#said, signal)) {
      running.settle({ error: new Error(`a process that renders is gone: ${how}. ${this.#said.trim()}`) });
      return;
    }
    this.ended('memory');
    const sentence = `takes more than ${this.bounds.heapMegabytes} MB of memory to be read`;
    running.settle({ error: new RenderError('memory-limit', sentence, placeOf(running.lastRead)) });
  }
}

const aborted = (): RenderError => new RenderError('aborted', 'rendering was stopped');

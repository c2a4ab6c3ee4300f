import { readFileSync } from 'node:fs';

/** What a process with its children spent on a measurement: CPU seconds, and its peak of resident memory. */
export type Usage = { readonly process: string; readonly cpuSeconds: number; readonly peakMemoryMb: number };

const ticksPerSecond = 100;

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** The fields of /proc/PID/stat after the name, which may hold spaces; empty where the process is gone. */
const statOf = (pid: number): readonly string[] =>
  textOf(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];

const childrenOf = (pid: number): readonly number[] =>
  textOf(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .flatMap((child) => (child === '' ? [] : [Number(child)]));

/** A process and what it started, but for those that are watched by a name of their own. */
const treeOf = (pid: number, others: ReadonlySet<number>): readonly number[] => [
  pid,
  ...childrenOf(pid).flatMap((child) => (others.has(child) ? [] : treeOf(child, others))),
];

/** Children that have ended and were waited for are counted with their parent. */
const cpuSecondsOf = (tree: readonly number[]): number =>
  tree
    .flatMap((one) => [11, 12, 13, 14].map((at) => Number(statOf(one)[at] ?? 0)))
    .reduce((sum, ticks) => sum + ticks, 0) / ticksPerSecond;

const kilobytes = (status: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);

/** Memory of its own of each process in the tree, and what they share once. */
const memoryMbOf = (tree: readonly number[]): number => {
  const all = tree.map((one) => textOf(`/proc/${one}/status`));
  const own = all.map((status) => kilobytes(status, 'RssAnon')).reduce((sum, kb) => sum + kb, 0);
  return (own + Math.max(...all.map((status) => kilobytes(status, 'RssShmem')))) / 1024;
};

const lookEveryMs = 500;

/** Watches processes by name and id while work is done; gives the work's result and seconds, and what each spent. */
export const measured = async <Result>(
  pids: Readonly<Record<string, number>>,
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly seconds: number; readonly usage: readonly Usage[] }> => {
  const others = new Set(Object.values(pids));
  const named = Object.entries(pids).map(([process, pid]) => ({ process, tree: () => treeOf(pid, others) }));
  const before = named.map(({ tree }) => cpuSecondsOf(tree()));
  const peaks = named.map(({ tree }) => memoryMbOf(tree()));
  const look = (): void =>
    named.forEach(({ tree }, at) => (peaks[at] = Math.max(peaks[at] ?? 0, memoryMbOf(tree()))));
  const timer = setInterval(look, lookEveryMs);
  const began = performance.now();
  try {
    const result = await work();
    const seconds = (performance.now() - began) / 1000;
    look();
    const usage = named.map(({ process, tree }, at) => ({
      process,
      cpuSeconds: cpuSecondsOf(tree()) - (before[at] ?? 0),
      peakMemoryMb: Math.round(peaks[at] ?? 0),
    }));
    return { result, seconds, usage };
  } finally {
    clearInterval(timer);
  }
};

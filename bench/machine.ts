import { cpus, totalmem } from 'node:os';

/** The machine that figures were taken on, in one line. */
export const describeMachine = (): string => {
  const [first, ...rest] = cpus();
  const memoryGb = (totalmem() / 1024 ** 3).toFixed(1);
  return `${rest.length + 1} × ${first?.model.trim() ?? 'unknown CPU'}, ${memoryGb} GB memory, ${process.platform}-${process.arch}, Node ${process.version}`;
};

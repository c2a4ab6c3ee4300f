import { setTimeout as delay } from 'node:timers/promises';

/** Where Node listens for its inspector once a process is sent SIGUSR1 (Node.js documentation, "Debugging Guide"). */
const inspector = 'http://127.0.0.1:9229/json/list';
const withinMs = 10_000;

type Answer = { readonly id: number; readonly result?: { readonly result?: { readonly value?: unknown } } };

const addressOf = async (): Promise<string> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await fetch(inspector).catch(() => undefined);
    const [found] = answer ? ((await answer.json()) as { readonly webSocketDebuggerUrl: string }[]) : [];
    if (found) return found.webSocketDebuggerUrl;
    if (performance.now() > deadline) throw new Error('the process has opened no inspector');
    await delay(50);
  }
};

/** Bytes that a Node process holds on to: its heap and what its buffers keep, after garbage was collected. */
export const heldBytes = async (pid: number): Promise<number> => {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await addressOf());
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error('the inspector was not reached')));
  });
  const answers = new Map<number, (answer: Answer) => void>();
  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as Answer;
    answers.get(answer.id)?.(answer);
  });
  let last = 0;
  const ask = (method: string, params: object = {}): Promise<Answer> =>
    new Promise((resolve) => {
      last += 1;
      answers.set(last, resolve);
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  try {
    await ask('HeapProfiler.collectGarbage');
    await ask('HeapProfiler.collectGarbage');
    const expression = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';
    const { result } = await ask('Runtime.evaluate', { expression, returnByValue: true });
    return Number(result?.result?.value);
  } finally {
    socket.close();
  }
};

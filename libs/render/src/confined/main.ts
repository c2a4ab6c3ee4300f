import { readConfiguration } from '../configuration/read-configuration.js';
import { lineageOf } from '../lineage.js';
import { RenderError, withoutRoom } from '../render-error.js';
import { render, type Rendered } from '../render.js';
import type { TreeReader } from '../tree/tree-reader.js';
import { limits } from '../yaml/limits.js';
import { errorOf, failureOf } from './failures.js';
import type { ParentMessage, ProcessMessage, TaskMessage, TreeAnswer, TreeQuestion } from './messages.js';

/** What a confined process runs: one task after another, over a tree that its parent holds. It ends with its parent. */

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: unknown) => void };

const waiting = new Map<number, Waiting>();
let asked = 0;

const say = (message: ProcessMessage): void => {
  process.send?.(message);
};

const ask = <Value>(method: TreeQuestion['method'], path: string): Promise<Value> =>
  new Promise((resolve, reject) => {
    asked += 1;
    waiting.set(asked, { resolve: resolve as (value: unknown) => void, reject });
    say({ ask: asked, method, path });
  });

const tree: TreeReader = {
  list: (path) => ask('list', path),
  read: (path) => ask('read', path),
  oid: (path) => ask('oid', path),
};

const answered = (message: TreeAnswer): void => {
  const one = waiting.get(message.answers);
  waiting.delete(message.answers);
  if ('failure' in message) one?.reject(errorOf(message.failure));
  else one?.resolve(message.value);
};

/** Manifests that are not too many for whoever gets them: what takes them over has other work as well. */
const withinBounds = (rendered: Rendered): Rendered => {
  if (JSON.stringify(rendered.objects).length <= limits.manifestBytes) return rendered;
  const most = `${limits.manifestBytes / 1024 / 1024} MiB`;
  throw new RenderError('object-limit', `the application's manifests have more than ${most}`);
};

const carryOut = async (message: TaskMessage): Promise<unknown> => {
  switch (message.task) {
    case 'render':
      // What is written on the way goes with the files that it is made from, also where this process is ended.
      process.env.TMPDIR = message.input.scratch ?? message.input.root;
      return withinBounds(await render({ ...message.input, tree }));
    case 'lineage':
      return lineageOf(tree, message.input);
    case 'configuration':
      return readConfiguration(message.input.files, message.input.repository);
    default:
      return message satisfies never;
  }
};

process.on('message', (message: ParentMessage) => {
  if ('answers' in message) {
    answered(message);
    return;
  }
  carryOut(message)
    .then((done) => say({ done }))
    .catch((error: unknown) => say({ failed: failureOf(withoutRoom(error)) }));
});

// The whole group: a renderer that is under way must not outlive who asked for it.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));

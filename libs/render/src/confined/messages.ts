import type { DeclaringRepository } from '../configuration/read-application.js';
import type { Configuration, SourceFile } from '../configuration/read-configuration.js';
import type { Lineage, LineageSource } from '../lineage.js';
import type { RenderCode } from '../render-error.js';
import type { Rendered, RenderInput } from '../render.js';
import type { TreeEntry, TreeReader } from '../tree/tree-reader.js';

/** What a confined process is asked to do, and what it answers with. The tree stays where it is: the process asks for it. */
export type Tasks = {
  readonly render: { readonly input: Omit<RenderInput, 'tree' | 'signal'>; readonly answer: Rendered };
  readonly lineage: { readonly input: LineageSource; readonly answer: Lineage };
  readonly configuration: {
    readonly input: { readonly files: readonly SourceFile[]; readonly repository: DeclaringRepository };
    readonly answer: Configuration;
  };
};
export type TaskName = keyof Tasks;

/** One task on its way. */
export type TaskMessage = {
  [Name in TaskName]: { readonly task: Name; readonly input: Tasks[Name]['input'] };
}[TaskName];

/** A question about the tree, and its answer. */
export type TreeQuestion = { readonly ask: number; readonly method: keyof TreeReader; readonly path: string };
export type TreeAnswer =
  | { readonly answers: number; readonly value: readonly TreeEntry[] | string | undefined }
  | { readonly answers: number; readonly failure: Failure };

/** An error on its way between processes: a refusal with its place, or what else went wrong. */
export type Failure =
  | {
      readonly kind: 'refusal';
      readonly code: RenderCode;
      readonly message: string;
      readonly file?: string;
      readonly line?: number;
      readonly object?: string;
    }
  /** More of something than the machine has words for: a string, an array, a stack. */
  | { readonly kind: 'range'; readonly message: string }
  | { readonly kind: 'other'; readonly message: string; readonly stack?: string };

/** What comes from a confined process. */
export type ProcessMessage = TreeQuestion | { readonly done: unknown } | { readonly failed: Failure };

/** What goes to it. */
export type ParentMessage = TaskMessage | TreeAnswer;

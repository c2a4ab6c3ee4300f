import { AdapterError } from '@syncline/kernel';

import { told } from './told.js';

/** Why configuration or manifests cannot be read or made. All of them are for the author of the files to mend. */
export const renderCodes = [
  'yaml-invalid', 'yaml-limit', 'path-missing', 'path-outside', 'link-refused', 'object-invalid', 'object-duplicate',
  'object-limit', 'generate-name-refused', 'secret-invalid', 'sops-unsupported', 'kustomization-invalid',
  'kustomization-nested', 'reference-missing', 'reference-outside', 'reference-cycle', 'remote-refused',
  'plugin-refused', 'helm-unsupported', 'kustomize-failed', 'patch-failed', 'substitution-conflict', 'output-limit',
  'chart-invalid', 'chart-unresolved', 'values-invalid', 'dependency-missing', 'hook-refused', 'helm-failed', 'render-unstable',
  'memory-limit', 'time-limit', 'renderer-missing', 'no-space', 'nothing-rendered', 'aborted',
] as const; // prettier-ignore
export type RenderCode = (typeof renderCodes)[number];

/** What another attempt may not come to, with the same files. */
const retryable: readonly RenderCode[] = ['time-limit', 'renderer-missing', 'no-space', 'aborted'];

/** Where in a repository something stands; `line` counts from 1. */
export type Place = { readonly file: string; readonly line: number };

/** A refusal to render, with the file and line that it is about. `message` never holds a value of a Secret. */
export class RenderError extends AdapterError {
  override readonly name = 'RenderError';
  declare readonly code: RenderCode;
  readonly file: string | undefined;
  readonly line: number | undefined;

  constructor(
    code: RenderCode,
    message: string,
    details: { file?: string; line?: number; object?: string; cause?: unknown } = {},
  ) {
    super({
      code,
      message: told(message),
      retryable: retryable.includes(code),
      ...(details.object !== undefined && { object: details.object }),
      cause: details.cause,
    });
    this.file = details.file === undefined ? undefined : told(details.file);
    this.line = details.line;
  }
}

/** Whether a thrown value is a {@link RenderError}, of one of these codes where some are named. */
export const isRenderError = (error: unknown, ...codes: readonly RenderCode[]): error is RenderError =>
  error instanceof RenderError && (codes.length === 0 || codes.includes(error.code));

/** The disk of whoever renders is full: what was thrown as the system says it, as a {@link RenderError}; anything else as it is. */
export const withoutRoom = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    ? new RenderError('no-space', "There is no room on the planner's disk to render it; it is tried again.", {
        cause: error,
      })
    : error;

import { runIsolated, type Run, type RunLimits } from '../isolated/run-isolated.js';
import { limits } from '../yaml/limits.js';

/**
 * Runs `kustomize build` on a folder: no network where the platform can do without, no Git, no plugins, load restrictions on,
 * limits on time and output. Throws {@link RenderError} where it could not run to its end.
 */
export const runKustomize = (
  kustomize: string,
  folder: string,
  signal?: AbortSignal,
  allowed: RunLimits = limits,
): Promise<Run> => {
  const parameters = ['build', '.', '--load-restrictor', 'LoadRestrictionsRootOnly'];
  return runIsolated({ name: 'kustomize', path: kustomize, parameters, cwd: folder }, allowed, signal);
};

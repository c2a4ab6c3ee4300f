import { isMapping, metadataOf, textOf, describeObject, type PlacedObject } from '../objects/rendering.js';
import { objectsOf } from '../objects/unfold.js';
import { isRenderError, RenderError } from '../render-error.js';
import { joinPath } from '../tree/paths.js';
import { readDocuments } from '../yaml/documents.js';
import type { Chart } from './chart.js';

const hookAnnotation = 'helm.sh/hook';
const namedHooks = 5;

/** A path as Helm says it (`web/templates/deployment.yaml`), as it is in the repository. */
export const sourcePath = ({ shown, name }: Pick<Chart, 'shown' | 'name'>, source: string): string =>
  source.startsWith(`${name}/`) ? joinPath(shown, source.slice(name.length + 1)) : joinPath(shown, source);

/** Helm puts the file that a manifest comes from before each of them. */
const manifestsOf = (output: string): readonly { readonly source: string; readonly text: string }[] =>
  output
    .split(/^---\n(?=# Source: )/m)
    .filter((part) => part.trim() !== '')
    .map((text) => ({ source: /^# Source: (.*)$/m.exec(text)?.[1] ?? '', text }));

const readManifest = (file: string, text: string): readonly PlacedObject[] => {
  const place = { file, line: 1 };
  try {
    return readDocuments(file, text)
      .flatMap((document) => objectsOf({ ...document, lineOf: () => 1 }))
      .map(({ object }) => ({ object, findPlace: () => place }));
  } catch (error) {
    if (!isRenderError(error)) throw error;
    const where = error.line === undefined || error.code === 'object-invalid' ? '' : `line ${error.line}: `;
    throw new RenderError(error.code, `what the template makes is refused: ${where}${error.message}`, place);
  }
};

const hookOf = ({ object }: PlacedObject): string | undefined => {
  const { annotations } = metadataOf(object);
  return isMapping(annotations) && hookAnnotation in annotations
    ? textOf(annotations, hookAnnotation)
    : undefined;
};

const refuseHooks = (objects: readonly PlacedObject[]): void => {
  const hooks = objects.filter((placed) => hookOf(placed) !== undefined);
  const [first] = hooks;
  if (first === undefined) return;
  const named = hooks
    .slice(0, namedHooks)
    .map((placed) => `${describeObject(placed.object)} (${hookOf(placed) ?? ''})`);
  const more = hooks.length > namedHooks ? ` and ${hooks.length - namedHooks} more` : '';
  const [is, hook] = hooks.length === 1 ? ['is', 'a hook'] : ['are', 'hooks'];
  throw new RenderError(
    'hook-refused',
    `${named.join(', ')}${more} ${is} ${hook} of the chart, which this version does not carry out. Turn them off by the chart's values`,
    { ...first.findPlace?.(), object: describeObject(first.object) },
  );
};

/** The objects of what `helm template` printed, each with the template that it comes from. Throws {@link RenderError} on hooks. */
export const readOutput = (output: string, chart: Chart): readonly PlacedObject[] => {
  const objects = manifestsOf(output).flatMap(({ source, text }) =>
    readManifest(sourcePath(chart, source), text),
  );
  refuseHooks(objects);
  return objects;
};

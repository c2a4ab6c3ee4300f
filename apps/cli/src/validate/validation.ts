import type { ApplicationSpec } from '@syncline/events';
import {
  artifactText,
  isRenderError,
  lineageOf,
  readConfiguration,
  render,
  renderKeyOf,
  survey,
  namedRepositories,
  type DeclaredApplication,
  type RenderError,
  type RenderSpec,
  type Survey,
  type WorkingTree,
} from '@syncline/render';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Something wrong, and where; paths are of the repository. */
export type Fault = { readonly file: string; readonly line: number; readonly reason: string };

/** What was rendered: an application or a path, on clusters that an override is for or without any. */
export type Rendering = { readonly what: string; readonly with?: string; readonly objects: number };

/** What is to be rendered, and where an error goes that names no file. */
export type Subject = {
  readonly what: string;
  readonly with?: string;
  readonly spec: RenderSpec;
  /** The application's name, or one for what no application declares. */
  readonly release: string;
  readonly place: { readonly file: string; readonly line: number };
  /** What is written for the renderer, where that is less than the whole of its lineage. */
  readonly only?: readonly string[];
};

/** All that was found. `elsewhere` are the charts that lie elsewhere, which nothing here can look at. */
export type Validation = {
  readonly applications: readonly string[];
  readonly elsewhere: readonly string[];
  readonly renderings: readonly Rendering[];
  readonly errors: readonly Fault[];
};

/** What renders: the path of each tool, or a sentence on why there is none. */
export type Tools = Readonly<Record<'kustomize' | 'helm', string | { readonly missing: string }>>;

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');

const bare = (spec: ApplicationSpec): RenderSpec => ({
  path: spec.source.path,
  renderer: spec.renderer,
  ...(spec.source.from && { from: spec.source.from }),
  ...(spec.helm && { helm: spec.helm }),
  namespace: spec.namespace,
  substitute: {},
  patches: [],
});

/** What an override changes. */
const overriding = (
  spec: RenderSpec,
  { substitute, patches, values = [] }: ApplicationSpec['placement']['overrides'][number],
): RenderSpec => ({
  ...spec,
  substitute,
  patches,
  ...(spec.helm && { helm: { ...spec.helm, values: [...spec.helm.values, ...values] } }),
});

/** The renderings of an application: one without overrides, and one for each of them. No clusters are known. */
export const subjectsOf = ({ spec, file, line }: DeclaredApplication): readonly Subject[] => {
  const plain = { what: spec.name, release: spec.name, place: { file, line } };
  const overridden = spec.placement.overrides.map((override) => ({
    ...plain,
    with: labelsText(override.match.matchLabels),
    spec: overriding(bare(spec), override),
  }));
  return [{ ...plain, spec: bare(spec) }, ...overridden];
};

const undeclared = (path: string, renderer: RenderSpec['renderer']): Subject => ({
  what: path === '' ? '.' : path,
  release: 'release',
  place: { file: path === '' ? '.' : path, line: 1 },
  spec: { path: path === '' ? '.' : path, renderer, namespace: 'default', substitute: {}, patches: [] },
});

const isWithin = (folder: string, path: string): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);

/** Kustomizations that no other one is made from: the rest is rendered as part of them. */
const topmost = async (tree: WorkingTree, folders: readonly string[]): Promise<readonly string[]> => {
  const reached = await Promise.all(
    folders.map(async (path) => (await lineageOf(tree, { path, renderer: 'kustomize' })).entries),
  );
  return folders.filter(
    (folder) =>
      !reached.some(
        (entries, index) =>
          folders[index] !== folder &&
          entries.some(({ path }) => path !== folders[index] && isWithin(path, folder)),
      ),
  );
};

const withoutDeclarations = async (
  tree: WorkingTree,
  path: string,
  found: Survey,
): Promise<readonly Subject[]> => {
  if (found.kustomizations.length > 0)
    return (await topmost(tree, found.kustomizations)).map((folder) => undeclared(folder, 'kustomize'));
  if (found.manifests === 0) return [];
  if ((await tree.list(path)).length > 0) return [undeclared(path, 'detect')];
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return [{ ...undeclared(folder, 'plain'), what: path, place: { file: path, line: 1 }, only: [path] }];
};

const pathOf = (tool: Tools[keyof Tools]): string => (typeof tool === 'string' ? tool : '');

const renderOne = async (tree: WorkingTree, subject: Subject, tools: Tools): Promise<Rendering> => {
  const { what, spec } = subject;
  const root = await mkdtemp(join(tmpdir(), 'syncline-validate-'));
  try {
    const lineage = await lineageOf(tree, spec);
    await tree.materialise(subject.only ?? lineage.materialise, root);
    const release = { application: subject.release };
    const seen = subject.only === undefined && { tree };
    const { objects } = await render({
      spec,
      root,
      ...seen,
      tools: { kustomize: pathOf(tools.kustomize), helm: pathOf(tools.helm) },
      release,
      renderKey: renderKeyOf(spec, lineage, release),
    });
    return { what, ...(subject.with !== undefined && { with: subject.with }), objects: objects.length };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

/** The tools that a rendering cannot be made without. */
const neededFor = async (tree: WorkingTree, { spec, only }: Subject): Promise<readonly (keyof Tools)[]> => {
  const renderer = only === undefined ? (await lineageOf(tree, spec)).renderer : 'plain';
  const isPatched = spec.patches.length > 0 || renderer === 'kustomize';
  return [...(isPatched ? ['kustomize' as const] : []), ...(renderer === 'helm' ? ['helm' as const] : [])];
};

/** A sentence for the first of them that is not there. */
const lackFor = async (tree: WorkingTree, subject: Subject, tools: Tools): Promise<string | undefined> => {
  for (const name of await neededFor(tree, subject)) {
    const tool = tools[name];
    if (typeof tool !== 'string') return tool.missing;
  }
  return undefined;
};

const faultOf = (error: unknown, { place, with: override }: Subject): Fault => {
  if (!isRenderError(error)) throw error;
  const { file = place.file, line = file === place.file ? place.line : 1, message } = error;
  const where = override === undefined ? '' : ` (on clusters with ${override})`;
  return { file, line, reason: `${message}${where}` };
};

const renderAll = async (
  tree: WorkingTree,
  subjects: readonly Subject[],
  tools: Tools,
): Promise<Pick<Validation, 'renderings' | 'errors'>> => {
  const renderings: Rendering[] = [];
  const errors: Fault[] = [];
  const broken = new Set<string>();
  for (const subject of subjects) {
    // What fails without overrides fails with them for the same reason.
    if (broken.has(subject.what)) continue;
    try {
      const lack = await lackFor(tree, subject, tools);
      if (lack !== undefined) errors.push({ ...subject.place, reason: lack });
      else renderings.push(await renderOne(tree, subject, tools));
    } catch (error) {
      errors.push(faultOf(error, subject));
      if (subject.with === undefined) broken.add(subject.what);
    }
  }
  return { renderings, errors };
};

/** Values of such an application are still read by whoever renders it. */
const elsewhereOf = ({ spec: { helm, from } }: Subject): readonly string[] => {
  const source = from ?? (helm && 'artifact' in helm.chart ? helm.chart : undefined);
  return source ? [artifactText(source.artifact)] : [];
};

const once = (faults: readonly Fault[]): readonly Fault[] => [
  ...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values(),
];

const toFault = (error: RenderError): Fault => ({
  file: error.file ?? '.',
  line: error.line ?? 1,
  reason: error.message,
});

/**
 * Checks configuration and rendering of what a path of a tree holds, without a server. Never throws on what files say.
 * @param repository what the repository is registered as; without it, what its declarations call it.
 */
export const validateTree = async (
  tree: WorkingTree,
  path: string,
  tools: Tools,
  repository?: string,
): Promise<Validation> => {
  try {
    const found = await survey(tree, path);
    const name = repository ?? [...namedRepositories(found.declaring)][0] ?? 'this';
    const { applications, errors } = readConfiguration(found.declaring, { name });
    const subjects =
      found.declaring.length > 0 && applications.length + errors.length > 0
        ? applications.flatMap(subjectsOf)
        : await withoutDeclarations(tree, path, {
            ...found,
            manifests: found.manifests + found.declaring.length,
          });
    const here = subjects.filter((subject) => elsewhereOf(subject).length === 0);
    const rendered = await renderAll(tree, here, tools);
    return {
      applications: applications.map(({ spec }) => spec.name),
      elsewhere: [...new Set(subjects.flatMap(elsewhereOf))],
      renderings: rendered.renderings,
      errors: once([...found.faults.map(toFault), ...errors, ...rendered.errors]),
    };
  } catch (error) {
    if (!isRenderError(error)) throw error;
    return { applications: [], elsewhere: [], renderings: [], errors: [toFault(error)] };
  }
};

import type { ApplicationSpec, HelmSpec, ValuesLayer } from '@syncline/events';

import { isWithin, resolvePath } from '../tree/paths.js';
import type { Path } from '../yaml/positions.js';
import type { ApplicationShape } from './application-shape.js';
import { chartFaults, chartOf, fromSource, isArtifact } from './chart.js';
import type { Fault } from './faults.js';
import { isReleaseName } from './names.js';
import { formatField } from './not-carried-out.js';

type Spec = ApplicationShape['spec'];
type Override = Spec['placement']['overrides'][number];

/** Where a declaration stands: its file, and the way to it from the list of the file's documents. */
export type DeclarationPlace = { readonly file: string; readonly at: Path };

const renderHelm: Path = ['spec', 'render', 'helm'];
const overrideAt = (index: number): Path => ['spec', 'placement', 'overrides', index];

const checkFiles = (spec: Spec, chart: string | undefined, files: readonly string[], at: Path): Fault[] => {
  const home = resolvePath('', spec.source.path);
  const isInside = (file: string | undefined): boolean =>
    file !== undefined && [home, chart].some((folder) => folder !== undefined && isWithin(folder, file));
  return files.flatMap((written, index) => {
    const path = [...at, 'valueFiles', index];
    const reason = `${formatField(path)} "${written}" lies neither below spec.source.path nor in the chart`;
    return isInside(fromSource(spec, written)) ? [] : [{ path, reason }];
  });
};

const checkNoHelm = ({ placement }: Spec): readonly Fault[] =>
  placement.overrides.flatMap(({ values, valueFiles }, index) => {
    const field = values === undefined ? 'valueFiles' : 'values';
    if (values === undefined && valueFiles.length === 0) return [];
    const path = [...overrideAt(index), field];
    return [{ path, reason: `${formatField(path)} is for charts: name spec.render.helm` }];
  });

const checkName = (name: string, { render }: Spec): readonly Fault[] =>
  render.helm?.releaseName === undefined && !isReleaseName(name)
    ? [
        {
          path: renderHelm,
          reason: `spec.render.helm.releaseName is missing, and "${name}" is too long for the name of a release`,
        },
      ]
    : [];

/** What is wrong with how an application names its chart and the values for it. */
export const checkHelm = ({ metadata, spec }: ApplicationShape): readonly Fault[] => {
  const { helm } = spec.render;
  if (helm === undefined) return checkNoHelm(spec);
  const chart = isArtifact(helm) ? undefined : fromSource(spec, helm.chart);
  return [
    ...chartFaults(spec, helm),
    ...checkName(metadata.name, spec),
    ...checkFiles(spec, chart, helm.valueFiles, renderHelm),
    ...spec.placement.overrides.flatMap(({ valueFiles }, index) =>
      checkFiles(spec, chart, valueFiles, overrideAt(index)),
    ),
  ];
};

/** RFC 6901. */
const pointer = (path: Path): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Files in their order, then what is written in the declaration itself. */
const layersOf = (
  spec: Spec,
  { valueFiles, values }: Pick<Override, 'valueFiles' | 'values'>,
  { file, at }: DeclarationPlace,
  field: Path,
): ValuesLayer[] => [
  ...valueFiles.map((written) => ({ file: fromSource(spec, written) ?? written })),
  ...(values === undefined ? [] : [{ file, at: pointer([...at, ...field, 'values']) }]),
];

/** The chart of an application that names `helm`, and what it is rendered with on every cluster. */
export const helmOf = (
  { metadata, spec }: ApplicationShape,
  place: DeclarationPlace,
): HelmSpec | undefined => {
  const { helm } = spec.render;
  return (
    helm && {
      chart: chartOf(spec, helm),
      releaseName: helm.releaseName ?? metadata.name,
      values: layersOf(spec, helm, place, renderHelm),
    }
  );
};

/** The values of one override; nothing where it has none. */
export const overrideValues = (
  { spec }: ApplicationShape,
  index: number,
  place: DeclarationPlace,
): Pick<ApplicationSpec['placement']['overrides'][number], 'values'> => {
  const override = spec.placement.overrides[index];
  const values = override === undefined ? [] : layersOf(spec, override, place, overrideAt(index));
  return values.length === 0 ? {} : { values };
};

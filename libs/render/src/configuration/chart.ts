import type { HelmSpec } from '@syncline/events';
import semver from 'semver';

import { displayPath, resolvePath } from '../tree/paths.js';
import type { Path } from '../yaml/positions.js';
import type { ApplicationShape } from './application-shape.js';
import type { Fault } from './faults.js';
import { formatField } from './not-carried-out.js';

type Spec = ApplicationShape['spec'];
type Helm = NonNullable<Spec['render']['helm']>;

const at: Path = ['spec', 'render', 'helm'];
const longestUrl = 500;

/** A path of a declaration is written from the application's own. */
export const fromSource = ({ source }: Spec, written: string): string | undefined => {
  const home = resolvePath('', source.path);
  return home === undefined ? undefined : resolvePath(home, written);
};

const isOci = (chart: string): boolean => chart.startsWith('oci://');

/** Whether a chart lies elsewhere than in the repository. */
export const isArtifact = ({ chart, repository }: Helm): boolean => repository !== undefined || isOci(chart);

const faultAt = (path: Path, reason: string): Fault => ({ path, reason: `${formatField(path)} ${reason}` });
const fault = (field: string, reason: string): Fault => faultAt([...at, field], reason);

const urlFault = (path: Path, written: string, schemes: readonly string[]): readonly Fault[] => {
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !schemes.includes(url.protocol) || written.length > longestUrl)
    return [faultAt(path, `"${written.slice(0, longestUrl)}" is no address (${schemes.join(', ')})`)];
  if (url.username !== '' || url.password !== '')
    return [faultAt(path, `must hold no credential: register it with "syncline registry add"`)];
  if (url.search !== '' || url.hash !== '') return [faultAt(path, 'must be an address without ? and #')];
  return [];
};

/** A range as node-semver reads it, or the name of a tag (OCI distribution specification 1.1). */
const isVersion = (version: string, mayBeTag: boolean): boolean =>
  semver.validRange(version, { loose: true }) !== null ||
  (mayBeTag && /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(version));

const versionFaults = ({ chart, version }: Helm): readonly Fault[] => {
  if (version === undefined) return [fault('version', 'is missing: a version or a range such as ^1.2.0')];
  if (isVersion(version, isOci(chart))) return [];
  return [fault('version', `"${version.slice(0, longestUrl)}" is no range of versions such as ^1.2.0`)];
};

const artifactFaults = (helm: Helm): readonly Fault[] => {
  const { chart, repository } = helm;
  if (repository === undefined)
    return [...urlFault([...at, 'chart'], chart, ['oci:']), ...versionFaults(helm)];
  const isName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(chart);
  return [
    ...(isName ? [] : [fault('chart', `"${chart}" is no name of a chart of a repository`)]),
    ...urlFault([...at, 'repository'], repository, ['https:', 'http:']),
    ...versionFaults(helm),
  ];
};

/** What is wrong with how a chart is named. */
export const chartFaults = (spec: Spec, helm: Helm): readonly Fault[] => {
  if (isArtifact(helm)) return artifactFaults(helm);
  if (helm.version !== undefined)
    return [fault('version', 'is for charts of a Helm repository or an OCI registry')];
  return fromSource(spec, helm.chart) === undefined
    ? [fault('chart', `"${helm.chart}" leaves the repository`)]
    : [];
};

/** What is wrong with how an artifact of manifests is named, in whose place nothing of the repository is rendered. */
export const artifactFaultsOf = ({ source: { artifact }, render, placement }: Spec): readonly Fault[] => {
  if (artifact === undefined) return [];
  const path: Path = ['spec', 'source', 'artifact'];
  const hasHelm = render.helm !== undefined || placement.overrides.some(({ values }) => values !== undefined);
  return [
    ...urlFault([...path, 'url'], artifact.url, ['oci:']),
    ...(isVersion(artifact.version, true)
      ? []
      : [faultAt([...path, 'version'], `"${artifact.version.slice(0, longestUrl)}" is no tag and no range`)]),
    ...(hasHelm ? [faultAt(path, 'holds manifests: a chart is named by spec.render.helm.chart')] : []),
  ];
};

/** The chart that an application names. What it leads to, where it lies elsewhere, is not known here. */
export const chartOf = (spec: Spec, helm: Helm): HelmSpec['chart'] => {
  const { chart, repository, version = '' } = helm;
  if (repository !== undefined) return { artifact: { url: repository, name: chart, version } };
  if (isOci(chart)) return { artifact: { url: chart, version } };
  return { path: displayPath(fromSource(spec, chart) ?? '') };
};

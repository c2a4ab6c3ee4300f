/**
 * What the format knows and this version does not carry out, by the path of its field (`*` is any key or index), and what to
 * do instead where there is something. Such a field is refused by name; nothing is ever passed over.
 */
const fields: ReadonlyMap<string, string> = new Map([
  ['metadata.annotations', ''],
  ['metadata.namespace', 'An application lives in spec.project.'],
  ['spec.placement.clusters.matchExpressions', 'Use matchLabels.'],
  ['spec.placement.overrides.*.match.matchExpressions', 'Use matchLabels.'],
  ['spec.placement.overrides.*.patches.*.path', 'Write the patch itself under "patch".'],
  ['spec.placement.overrides.*.patches.*.options', ''],
  ['spec.placement.overrides.*.patches.*.target.labelSelector', ''],
  ['spec.placement.overrides.*.patches.*.target.annotationSelector', ''],
  ['spec.rollout', ''],
  ['spec.dependsOn', ''],
  ['spec.destination', ''],
  ['spec.renamedFrom', ''],
  ['spec.health.checks', ''],
  ['status', 'State is in the log, not in Git.'],
]);

/** Kinds of `syncline.dev/v1` that this version does not carry out. */
export const laterKinds: readonly string[] = ['Policy', 'Freeze', 'Project', 'NotificationSink', 'Artifact'];

/** Why a known field is refused, or undefined where the field is not known at all. `path` ends in the field. */
export const refusalOf = (path: readonly (string | number)[]): string | undefined => {
  const pattern = path.map((step) => (typeof step === 'number' ? '*' : step)).join('.');
  const instead = fields.get(pattern);
  if (instead === undefined) return undefined;
  return `${formatField(path)} is not carried out by this version.${instead === '' ? '' : ` ${instead}`}`;
};

/** A field as people write it: `spec.placement.overrides[0].match`. */
export const formatField = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text === '' ? '' : '.'}${step}`,
    '',
  );

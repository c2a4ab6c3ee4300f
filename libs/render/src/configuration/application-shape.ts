import { driftModes, isIgnorable, syncModes } from '@syncline/events';
import { z } from 'zod';

import {
  isLabelKey,
  isLabelValue,
  isName,
  isNamespace,
  isReleaseName,
  isSubstitutionName,
  readDuration,
} from './names.js';

const say = (sentence: string) => ({ error: sentence });
const text = z.string(say('must be text; quote it'));
const name = text.refine(isName, say('must be a name as Kubernetes takes it: a-z, 0-9, "-" and "."'));

const labelValue = text.refine(isLabelValue, say('is no value of a label'));
const labels = z.record(z.string().refine(isLabelKey, say('is no key of a label')), labelValue);

/** Only equality: an empty `matchLabels` fits every cluster. */
const selector = z.strictObject({ matchLabels: labels.default({}) });

const patch = z.strictObject({
  patch: text.refine((patch) => patch.trim() !== '', say('must not be empty')),
  target: z
    .strictObject({
      group: text.optional(),
      version: text.optional(),
      kind: text.optional(),
      name: text.optional(),
      namespace: text.optional(),
    })
    .optional(),
});

const values = z.record(z.string(), z.json());
const valueFiles = z.array(text);

const releaseName = text.refine(
  isReleaseName,
  say('must be the name of a release: a-z, 0-9, "-" and ".", at most 53'),
);

const helm = z.strictObject({
  chart: text.default('.'),
  repository: text.optional(),
  version: text.optional(),
  releaseName: releaseName.optional(),
  valueFiles: valueFiles.default([]),
  values: values.optional(),
});

const override = z.strictObject({
  match: selector,
  substitute: z
    .record(
      z.string().refine(isSubstitutionName, say('cannot be substituted: letters, digits and "_"')),
      text,
    )
    .default({}),
  patches: z.array(patch).default([]),
  valueFiles: valueFiles.default([]),
  values: values.optional(),
});

const prune = z.strictObject({
  enabled: z.boolean(say('must be true or false')).default(true),
  budget: z
    .strictObject({
      maxObjects: z.int(say('must be a whole number')).nonnegative(say('must not be negative')).default(10),
      maxPercent: z
        .int(say('must be a whole number'))
        .min(0, say('must be between 0 and 100'))
        .max(100, say('must be between 0 and 100'))
        .default(50),
    })
    .prefault({}),
});

const ignoredField = text.refine(
  isIgnorable,
  say(
    'must be a pointer as plans and drift show it (/spec/replicas), below what makes the object what it is',
  ),
);

const ignoreRule = z.strictObject({
  group: text.optional(),
  kind: text,
  namespace: text.optional(),
  name: text.optional(),
  fields: z.array(ignoredField).min(1, say('must name a field at least')),
});

const timeout = text
  .refine((duration) => (readDuration(duration) ?? 0) > 0, say('must be a duration such as 90s, 5m or 1h30m'))
  .refine((duration) => (readDuration(duration) ?? 0) <= 86_400, say('must be at most 24h'));

/** `kind: Application` as people write it, defaults filled in; what depends on the repository is checked elsewhere. */
export const applicationShape = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({ name, labels: labels.default({}) }),
  spec: z.strictObject({
    project: name.default('default'),
    source: z.strictObject({
      repository: text.optional(),
      ref: text.optional(),
      path: text,
      artifact: z.strictObject({ url: text, version: text }).optional(),
    }),
    render: z
      .strictObject({
        plain: z.strictObject({}).optional(),
        kustomize: z.strictObject({}).optional(),
        helm: helm.optional(),
      })
      .refine((named) => Object.keys(named).length <= 1, say('must name one renderer'))
      .default({}),
    namespace: text
      .refine(isNamespace, say('must be the name of a namespace: a-z, 0-9 and "-", at most 63'))
      .optional(),
    placement: z
      .strictObject({ clusters: selector.prefault({}), overrides: z.array(override).default([]) })
      .prefault({}),
    sync: z
      .strictObject({
        mode: z.enum(syncModes).default('automatic'),
        prune: prune.prefault({}),
        drift: z.enum(driftModes).default('detect'),
        ignore: z.array(ignoreRule).default([]),
      })
      .prefault({}),
    health: z.strictObject({ timeout: timeout.default('5m') }).prefault({}),
  }),
});

export type ApplicationShape = z.infer<typeof applicationShape>;

import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { applicationSpec } from '../documents/application-spec.js';
import { oid } from '../shapes.js';

/** Why a rollout began: the application's source changed, its declaration did, or a cluster joined its placement. */
export const rolloutReasons = ['revision', 'declaration', 'placement'] as const;

const rollout = z.string();

export const applicationEvents = [
  defineEvent(
    'ApplicationDeclared',
    1,
    'A repository declares an application that was not there before, or was retired.',
    z.object({ spec: applicationSpec, revision: oid }),
  ),
  defineEvent(
    'ApplicationRevised',
    1,
    'The declaration of an application changed.',
    z.object({ spec: applicationSpec, revision: oid }),
  ),
  defineEvent(
    'ApplicationRetired',
    1,
    'The repository no longer declares the application; its objects stay where they are.',
    z.object({ project: z.string(), application: z.string(), revision: oid, clusters: z.array(z.string()) }),
  ),
  defineEvent(
    'RolloutStarted',
    1,
    'A revision of an application begins to move through its targets. Membership is taken now; `released` are the clusters that left the placement.',
    z.object({
      rollout,
      repository: z.string(),
      revision: oid,
      reason: z.enum(rolloutReasons),
      spec: applicationSpec,
      waves: z.array(z.object({ name: z.string(), clusters: z.array(z.string()) })),
      /** Labels of the members when the rollout began, from which overrides are chosen. */
      labels: z.record(z.string(), z.record(z.string(), z.string())),
      released: z.array(z.string()),
    }),
  ),
  defineEvent(
    'WaveOpened',
    1,
    'The targets of a wave may change.',
    z.object({
      rollout,
      revision: oid,
      wave: z.int().nonnegative(),
      name: z.string(),
      clusters: z.array(z.string()),
    }),
  ),
  defineEvent(
    'WaveCompleted',
    1,
    'Every target of the wave is applied and Current at the revision, or was unchanged by it.',
    z.object({ rollout, revision: oid, wave: z.int().nonnegative(), name: z.string() }),
  ),
  defineEvent('RolloutCompleted', 1, 'Every wave is completed.', z.object({ rollout, revision: oid })),
  defineEvent(
    'RolloutSuperseded',
    1,
    'A newer rollout of the application took the place of this one before it was completed.',
    z.object({ rollout, revision: oid, by: z.string() }),
  ),
  defineEvent(
    'RolloutHalted',
    1,
    'A target failed; nothing further is opened. A newer revision or a retry goes on.',
    z.object({ rollout, revision: oid, cluster: z.string(), reason: z.string() }),
  ),
  defineEvent(
    'RolloutResumed',
    1,
    'The target that halted the rollout is moving again.',
    z.object({ rollout, revision: oid, cluster: z.string() }),
  ),
  defineEvent(
    'ApplicationPaused',
    1,
    'Nothing of the application is changed on any cluster until it is resumed; what comes meanwhile waits.',
    z.object({ project: z.string(), application: z.string(), by: z.string(), reason: z.string() }),
  ),
  defineEvent(
    'ApplicationResumed',
    1,
    'The application may change again; what was held by the pause is planned anew.',
    z.object({ project: z.string(), application: z.string(), by: z.string(), reason: z.string().optional() }),
  ),
] as const;

export type ApplicationEvent = EventOf<typeof applicationEvents>;
export type RolloutReason = (typeof rolloutReasons)[number];

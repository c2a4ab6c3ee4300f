import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { blobRef, digest, instant, labels } from '../shapes.js';

export const fleetEvents = [
  defineEvent(
    'ClusterRegistered',
    1,
    'A cluster belongs to the fleet; a later one replaces credential and labels. `recipient` is the age public key of its applier.',
    z.object({
      cluster: z.string(),
      labels,
      applier: z.string(),
      recipient: z.string(),
      credential: blobRef.optional(),
    }),
  ),
  defineEvent(
    'ClusterRelabelled',
    1,
    'The labels of a cluster changed.',
    z.object({ cluster: z.string(), labels }),
  ),
  defineEvent(
    'ClusterRemoved',
    1,
    'The cluster no longer belongs to the fleet; its objects stay.',
    z.object({ cluster: z.string(), reason: z.string().optional() }),
  ),
] as const;

export const linkEvents = [
  defineEvent(
    'ClusterConnected',
    1,
    'The API server of the cluster answers.',
    z.object({ cluster: z.string(), kubernetesVersion: z.string() }),
  ),
  defineEvent(
    'ClusterLost',
    1,
    'The API server of the cluster is out of reach; its targets are Unknown since then.',
    z.object({ cluster: z.string(), class: z.string(), reason: z.string(), since: instant }),
  ),
  defineEvent(
    'CapabilitiesObserved',
    1,
    'What the API server serves, as far as rendering and planning depend on it.',
    z.object({
      cluster: z.string(),
      kubernetesVersion: z.string(),
      resources: blobRef,
      capabilities: digest,
    }),
  ),
] as const;

export type FleetEvent = EventOf<typeof fleetEvents>;
export type LinkEvent = EventOf<typeof linkEvents>;

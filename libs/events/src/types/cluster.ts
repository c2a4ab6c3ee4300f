import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { blobRef, digest, instant, labels } from '../shapes.js';

export const fleetEvents = [
  defineEvent(
    'ClusterRegistered',
    1,
    'A cluster belongs to the fleet; a later one replaces credential and labels. `recipient` is the age public key of its applier; `agent` holds the public keys by which an agent of the cluster connects, whose kubeconfig never leaves it.',
    z.object({
      cluster: z.string(),
      labels,
      applier: z.string(),
      recipient: z.string(),
      credential: blobRef.optional(),
      agent: z.object({ account: z.string(), userKey: z.string() }).optional(),
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
  defineEvent(
    'AgentLost',
    1,
    'Nothing is heard of the agent of the cluster since then; its targets are Unknown.',
    z.object({ cluster: z.string(), since: instant, reason: z.string() }),
  ),
  defineEvent(
    'AgentReturned',
    1,
    'The agent of the cluster is heard of again; it says next whether the API server answers it.',
    z.object({ cluster: z.string(), lostSince: instant }),
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

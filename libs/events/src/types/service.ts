import { z } from 'zod';

import { defineEvent, type EventOf } from '../define.js';
import { blobRef, digest, instant, position } from '../shapes.js';

export const serviceEvents = [
  defineEvent(
    'ServiceStarted',
    1,
    'A service started. `recipient` is its age public key, where it holds credentials; `run` is one id per process.',
    z.object({
      service: z.string(),
      run: z.string().optional(),
      version: z.string(),
      configuration: digest,
      recipient: z.string().optional(),
    }),
  ),
  defineEvent(
    'CredentialSealed',
    1,
    'A credential was sealed to the service that uses it.',
    z.object({ service: z.string(), name: z.string(), credential: blobRef }),
  ),
  defineEvent(
    'SubjectParked',
    1,
    'A reaction cannot handle an event; later events of the subject wait behind it until it is resumed.',
    z.object({
      service: z.string(),
      reaction: z.string(),
      subject: z.string(),
      position,
      attempts: z.int().positive(),
      reason: z.string(),
    }),
  ),
  defineEvent(
    'SubjectResumed',
    1,
    'A parked subject is handled again from where it stopped.',
    z.object({ service: z.string(), reaction: z.string(), subject: z.string(), position }),
  ),
] as const;

export const accessEvents = [
  defineEvent(
    'TokenIssued',
    1,
    'A bearer token was made; only its SHA-256 is kept.',
    z.object({
      token: z.string(),
      name: z.string(),
      role: z.enum(['admin', 'operator', 'viewer']),
      hash: digest,
      expiresAt: instant.optional(),
    }),
  ),
  defineEvent('TokenRevoked', 1, 'A bearer token is no longer accepted.', z.object({ token: z.string() })),
  defineEvent(
    'AccessDenied',
    1,
    'An identified actor asked for what it may not do; repeats are coalesced.',
    z.object({ operation: z.string(), reason: z.string(), count: z.int().positive() }),
  ),
] as const;

export type ServiceEvent = EventOf<typeof serviceEvents>;
export type AccessEvent = EventOf<typeof accessEvents>;

import { z } from 'zod';

/** Names of things that Kubernetes or people name: RFC 1123 subdomains (Kubernetes, Object Names and IDs). */
export const name = z
  .string()
  .min(1)
  .max(253)
  .regex(
    /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/,
    'must be lower-case letters, digits, dashes and dots, beginning and ending with a letter or digit',
  );

/** A name to look for: anything that can be one in a log that has been written by other versions, but no control characters. */
export const anyName = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\p{C}]+$/u, 'must be visible text');

/** Labels as Kubernetes has them, at most 64. */
export const labels = z
  .record(
    z
      .string()
      .regex(/^(?:[a-z0-9.-]{1,253}\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/, 'must be a label key'),
    z.string().regex(/^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/, 'must be a label value'),
    { error: ({ code }) => (code === 'invalid_key' ? 'must be a label key' : undefined) },
  )
  .refine((all) => Object.keys(all).length <= 64, 'must be at most 64 labels');

/** A Git revision in full. */
export const revision = z
  .string()
  .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'a revision must be given in full, as 40 or 64 hex digits');

/** Why somebody wants it; for people, in the log. */
export const reason = z.string().trim().min(1).max(500);

import { z } from 'zod';

/** 64 lower-case hex digits of SHA-256. */
export const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** A Git object id: 40 or 64 hex digits. */
export const oid = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
/** A reference to a blob: digest of the stored bytes, size in bytes, media type. */
export const blobRef = z.object({ digest, size: z.int().nonnegative(), mediaType: z.string() });
/** RFC 3339 instant. */
export const instant = z.iso.datetime({ offset: true });
/** `<sequence>.<index>`. */
export const position = z.string().regex(/^\d+\.\d+$/);
/** Labels or selectors by equality. */
export const labels = z.record(z.string(), z.string());
/** A Kubernetes object's coordinates; `namespace` is absent for cluster-scoped objects. */
export const objectName = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().optional(),
  name: z.string(),
});
/** How many operations there are of each action and certainty. */
export const counts = z.record(z.string(), z.int().nonnegative());
/** A person by id (HMAC of the e-mail address), and the instant Git gives. */
export const signature = z.object({ person: z.string(), at: instant });

/** A key by which an SSH host is known: its type and its bytes in base64, as in known_hosts. */
export const hostKey = z.object({ type: z.string(), key: z.string() });

export type HostKey = z.infer<typeof hostKey>;
export type ObjectName = z.infer<typeof objectName>;

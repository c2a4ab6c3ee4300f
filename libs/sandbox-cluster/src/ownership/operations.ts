import type { KubeObject } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';

/** The one cause of a Status answer that names a field. */
export type StatusCause = { readonly reason?: string; readonly message?: string; readonly field?: string };

/**
 * Why a write is refused: the parts of the `Status` object that the API server answers with. Without `reason` it is an
 * error that the real server did not classify (code 500).
 */
export type Refusal = {
  readonly code: number;
  readonly reason?: string;
  readonly message: string;
  readonly causes?: readonly StatusCause[];
};

/** A server-side apply, after the request was read. Dry run, versions, uid and names are the caller's. */
export type ApplyRequest = {
  readonly schema: ObjectSchema;
  /** The object as it is stored; absent where the apply creates it. */
  readonly live?: KubeObject;
  readonly applied: KubeObject;
  readonly manager: string;
  readonly force: boolean;
  /** RFC 3339 with seconds, as `time` of managedFields. */
  readonly now: string;
  readonly subresource?: string;
};

/**
 * What an apply comes to. `object` is complete: merged, with defaults and managedFields, but it carries the uid,
 * resourceVersion, generation and creationTimestamp of `live` (none where it is created): those, and status rules,
 * are the caller's. `changed: false` means that the stored object stays as it is, its managedFields' times too.
 */
export type ApplyOutcome =
  | { readonly ok: true; readonly object: KubeObject; readonly changed: boolean }
  | { readonly ok: false; readonly refusal: Refusal };

/** A POST, PUT or PATCH by `manager`; `after` is what shall be stored, with defaults filled. */
export type UpdateRequest = {
  readonly schema: ObjectSchema;
  /** Absent for a POST. */
  readonly before?: KubeObject;
  /** Its managedFields are what the client sent (an emptied list resets them, as the real server does). */
  readonly after: KubeObject;
  readonly manager: string;
  readonly now: string;
  readonly subresource?: string;
};

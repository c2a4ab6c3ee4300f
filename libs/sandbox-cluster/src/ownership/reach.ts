import { withoutMember } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';

/** The object with what a write through this subresource cannot change as it was. */
export const keepOutOfReach = (
  schema: ObjectSchema,
  subresource: string,
  live: KubeObject | undefined,
  written: KubeObject,
): KubeObject => {
  if (subresource === 'status')
    return { ...(live ?? written), metadata: written.metadata, status: written.status };
  if (!schema.hasStatus) return written;
  return live?.status === undefined ? withoutMember(written, 'status') : { ...written, status: live.status };
};

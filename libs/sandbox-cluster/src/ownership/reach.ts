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
  const { status: _, ...rest } = written;
  return live?.status === undefined ? { ...rest } : { ...rest, status: live.status };
};

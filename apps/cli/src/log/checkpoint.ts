import { z } from 'zod';

import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

const checkpoint = z.looseObject({ size: z.number(), key: z.string(), note: z.string() });
const proof = z.looseObject({
  sequence: z.number(),
  size: z.number(),
  leaf: z.string(),
  path: z.array(z.string()),
});

/** Shows the newest checkpoint of the log, or signs one over all that it holds now. */
export const showCheckpoint = async (
  surroundings: Surroundings,
  options: CommonOptions & { readonly sign?: boolean },
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const found = options.sign === true
    ? await api.post('/v1/log/checkpoint', {}, checkpoint)
    : await api.get('/v1/log/checkpoint', checkpoint); // prettier-ignore
  session.show(found, () => `${found.note}\nSigned by ${found.key}`);
};

/** Shows the proof that one message is in the log that a checkpoint was signed for. */
export const showProof = async (
  surroundings: Surroundings,
  position: string,
  options: CommonOptions,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const found = await api.get(`/v1/log/proofs/${encodeURIComponent(position)}`, proof);
  session.show(found, () =>
    [`message ${found.sequence} of ${found.size}`, `leaf ${found.leaf}`, ...found.path].join('\n'),
  );
};

import { z } from 'zod';

import { Problem } from '../problems/problem.js';

const ageHeader = 'age-encryption.org/v1\n';

/** A sealed credential as the API takes it: base64 of an age file. */
export const sealedText = z.base64().max(1024 * 1024);

/** Its bytes. What is not sealed is refused, so that nothing in clear is ever stored. */
export const sealedBytes = (text: string): Uint8Array => {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.subarray(0, ageHeader.length).toString('latin1') === ageHeader) return bytes;
  throw new Problem(
    422,
    'credential-not-sealed',
    'The credential must be sealed with age to the recipient that GET /v1/recipients gives. It was not stored.',
  );
};

import { preAuthenticated, type Signer } from '@syncline/log-proofs';

import { shortcomings, type Facts } from './facts.js';

const payloadType = 'application/vnd.in-toto+json';

/** A signed envelope (DSSE, "Envelope"). */
export type Envelope = {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
};

/** What was verified, and by whom (in-toto Attestation Framework, Statement v1; SLSA, Verification Summary Attestation v1). */
export const statementOf = (facts: Facts, origin: string, at: string) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: facts.plans.map(({ cluster, manifests }) => ({
    name: `${facts.project}/${facts.application}@${cluster}`,
    digest: { sha256: manifests },
  })),
  predicateType: 'https://slsa.dev/verification_summary/v1',
  predicate: {
    verifier: { id: `urn:${origin.replaceAll('/', ':')}` },
    timeVerified: at,
    resourceUri: `git+${facts.commit.repository}@${facts.commit.revision}`,
    policy: {
      uri: 'urn:syncline:plan-policies',
      ...policyDigest(facts),
    },
    verificationResult: shortcomings(facts).length === 0 ? 'PASSED' : 'FAILED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'],
  },
});

const policyDigest = ({ plans }: Facts) => {
  const [digest] = plans.flatMap(({ document }) => (document ? [document.policies] : []));
  return digest === undefined ? {} : { digest: { sha256: digest } };
};

/** Signs a statement by the key that signs checkpoints. */
export const sealed = (statement: unknown, signer: Signer): Envelope => {
  const payload = JSON.stringify(statement);
  const { name, keyHash } = signer.verifier;
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [
      {
        keyid: `${name}+${Buffer.from(keyHash).toString('hex')}`,
        sig: Buffer.from(signer.sign(preAuthenticated(payloadType, payload))).toString('base64'),
      },
    ],
  };
};

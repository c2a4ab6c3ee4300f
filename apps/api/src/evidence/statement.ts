import { preAuthenticated, type Signer } from '@syncline/log-proofs';

import { shortcomings, type Facts, type PlanFacts } from './facts.js';
import type { PeriodFacts } from './period.js';

const payloadType = 'application/vnd.in-toto+json';

/** A signed envelope (DSSE, "Envelope"). */
export type Envelope = {
  readonly payloadType: string;
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
};

/** What is verified: targets with the digests of what was applied to them, what of, and whether anything lacks. */
type Verified = {
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly resourceUri: string;
  readonly isWhole: boolean;
  readonly plans: readonly PlanFacts[];
};

/** The targets of a deployment, with what they were made from. */
const subjectsOf = ({ project, application, plans }: Facts): Verified['subject'] =>
  plans.map(({ cluster, manifests }) => ({
    name: `${project}/${application}@${cluster}`,
    digest: { sha256: manifests },
  }));

/** What was verified of a revision, and by whom (in-toto Attestation Framework, Statement v1; SLSA, Verification Summary Attestation v1). */
export const statementOf = (facts: Facts, origin: string, at: string) =>
  summary(
    {
      subject: subjectsOf(facts),
      resourceUri: `git+${facts.commit.repository}@${facts.commit.revision}`,
      isWhole: shortcomings(facts).length === 0,
      plans: facts.plans,
    },
    origin,
    at,
  );

/** The same of all deployments of a period: passed where none of them lacks anything. */
export const periodStatement = (
  { project, application, from, to, deployments }: PeriodFacts,
  origin: string,
  at: string,
) =>
  summary(
    {
      subject: deployments.flatMap((one) => subjectsOf(one.facts)),
      resourceUri: `urn:syncline:deployments:${project}/${application}?from=${from}&to=${to}`,
      isWhole: deployments.every(({ lacks }) => lacks.length === 0),
      plans: deployments.flatMap((one) => one.facts.plans),
    },
    origin,
    at,
  );

const summary = ({ subject, resourceUri, isWhole, plans }: Verified, origin: string, at: string) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject,
  predicateType: 'https://slsa.dev/verification_summary/v1',
  predicate: {
    verifier: { id: `urn:${origin.replaceAll('/', ':')}` },
    timeVerified: at,
    resourceUri,
    policy: { uri: 'urn:syncline:plan-policies', ...policyDigest(plans) },
    verificationResult: isWhole ? 'PASSED' : 'FAILED',
    verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED'],
  },
});

/** The policies that all of the plans name; none where they name different ones. */
const policyDigest = (plans: readonly PlanFacts[]) => {
  const [digest, another] = new Set(plans.flatMap(({ document }) => (document ? [document.policies] : [])));
  return digest === undefined || another !== undefined ? {} : { digest: { sha256: digest } };
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

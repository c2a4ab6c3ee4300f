import type { Signer } from '@syncline/log-proofs';

import type { Files } from './archive.js';
import { cdEvents } from './cd-events.js';
import { periodReport } from './period-report.js';
import type { PeriodFacts } from './period.js';
import { readme } from './readme.js';
import type { ReportFrame } from './report.js';
import { periodStatement, sealed } from './statement.js';

const encoder = new TextEncoder();

/** A value as a file. */
export const json = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value, null, 2)}\n`);

/** The pages and the data of a period's archive. Events stand in one file, and once. */
export const periodTexts = (facts: PeriodFacts, frame: ReportFrame, signer: Signer): Files => {
  const { events, deployments, ...rest } = facts;
  const told = deployments.map(({ facts: { project, application, commit, plans, unchanged }, ...one }) => ({
    ...one,
    ...{ project, application, commit, plans, unchanged },
  }));
  return {
    'README.txt': encoder.encode(readme(frame.key, true)),
    'report.html': encoder.encode(periodReport(facts, frame)),
    'facts.json': json({ ...rest, deployments: told }),
    'events.json': json(events),
    'cdevents.json': json(deployments.flatMap((one) => cdEvents(one.facts))),
    'statement.dsse.json': json(sealed(periodStatement(facts, frame.origin, frame.at), signer)),
  };
};

import { subjects, type TargetName } from '@syncline/events';
import type { EntityManager } from 'typeorm';

import { eventTable, type EventRow } from '../tables/event.js';

/** One apply that succeeded, and the manifests that the target held after it. */
export type AppliedManifests = {
  /** `<sequence>.<index>` of the event that says it. */
  readonly position: string;
  readonly at: string;
  readonly plan: string;
  readonly revision: string;
  /** Equal where the rendered objects are, whomever their secrets are sealed to. */
  readonly render: string;
  /** Digest of the blob. */
  readonly manifests: string;
};

type Data = {
  readonly plan: string;
  readonly revision: string;
  readonly render: string;
  readonly manifests: { readonly digest: string };
};

const appliedOf = ({ sequence, index, occurredAt, data }: EventRow): AppliedManifests => {
  const { plan, revision, render, manifests } = data as Data;
  const position = `${sequence}.${index}`;
  return { position, at: occurredAt, plan, revision, render, manifests: manifests.digest };
};

/** The applies of a target that had succeeded by an instant (RFC 3339), the last first. */
export const readApplies = async (
  manager: EntityManager,
  { cluster, project, application }: TargetName,
  at: string,
  limit: number,
): Promise<readonly AppliedManifests[]> => {
  const rows = await manager
    .createQueryBuilder(eventTable.entity, 'e')
    .where('e.subject = :subject', { subject: subjects.target(cluster, project, application) })
    .andWhere('e.type = :type', { type: 'ApplySucceeded' })
    .andWhere('e.occurredAt <= :at', { at })
    .orderBy('e.sequence', 'DESC')
    .addOrderBy('e.index', 'DESC')
    .limit(limit)
    .getMany();
  return rows.map(appliedOf);
};

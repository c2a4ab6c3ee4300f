import {
  instantsOf, put, read, type Change, type Find, type Projection, type Stored,
} from '../projecting/projection.js'; // prettier-ignore
import {
  applicationTable,
  rolloutTable,
  type ApplicationRow,
  type RolloutRow,
} from '../tables/application.js';

type Of<Type extends Stored['type']> = Extract<Stored, { type: Type }>;

const rolloutTypes = [
  'RolloutStarted', 'WaveOpened', 'WaveCompleted', 'RolloutCompleted', 'RolloutSuperseded', 'RolloutHalted', 'RolloutResumed',
] as const; // prettier-ignore
type OfRollout = Of<(typeof rolloutTypes)[number]>;
const isOfRollout = (event: Stored): event is OfRollout =>
  (rolloutTypes as readonly string[]).includes(event.type);

const declared = (
  event: Of<'ApplicationDeclared'> | Of<'ApplicationRevised'>,
  { rollout, pause }: Pick<ApplicationRow, 'rollout' | 'pause'>,
): Change => {
  const { spec, revision } = event.data;
  return put(applicationTable, {
    project: spec.project,
    application: spec.name,
    repository: spec.source.repository,
    spec,
    declaredRevision: revision,
    retired: false,
    rollout,
    pause,
    ...instantsOf(event),
  });
};

const started = (event: Of<'RolloutStarted'>): RolloutRow => {
  const { rollout, spec, repository, revision, reason, waves } = event.data;
  return {
    ...{ rollout, project: spec.project, application: spec.name, repository, revision, reason },
    state: 'Running',
    haltedBy: null,
    waves,
    ...{ wavesOpened: 0, wavesCompleted: 0 },
    correlationId: event.correlationId,
    startedSequence: event.position.sequence,
    startedAt: instantsOf(event).occurredAt,
    endedAt: null,
    ...instantsOf(event),
  };
};

const rolloutAfter = (row: RolloutRow, event: OfRollout): RolloutRow => {
  const endedAt = instantsOf(event).occurredAt;
  switch (event.type) {
    case 'RolloutStarted':
      return started(event);
    case 'WaveOpened':
      return { ...row, wavesOpened: event.data.wave + 1 };
    case 'WaveCompleted':
      return { ...row, wavesCompleted: event.data.wave + 1 };
    case 'RolloutCompleted':
      return { ...row, state: 'Completed', haltedBy: null, endedAt };
    case 'RolloutSuperseded':
      return { ...row, state: 'Superseded', endedAt };
    case 'RolloutHalted': {
      const { cluster, reason } = event.data;
      return { ...row, state: 'Halted', haltedBy: { cluster, reason, since: instantsOf(event).occurredAt } };
    }
    case 'RolloutResumed':
      return { ...row, state: 'Running', haltedBy: null };
    default:
      return event satisfies never;
  }
};

const applicationKey = (event: Stored): { project: string; application: string } | undefined => {
  switch (event.type) {
    case 'ApplicationDeclared':
    case 'ApplicationRevised':
    case 'RolloutStarted':
      return { project: event.data.spec.project, application: event.data.spec.name };
    case 'ApplicationPaused':
    case 'ApplicationResumed':
    case 'ApplicationRetired':
      return { project: event.data.project, application: event.data.application };
    default:
      return undefined;
  }
};

const ofApplication = (event: Stored, find: Find): readonly Change[] => {
  const key = applicationKey(event);
  const row = key && find(applicationTable, key);
  switch (event.type) {
    case 'ApplicationDeclared':
    case 'ApplicationRevised':
      return [declared(event, row && !row.retired ? row : { rollout: row?.rollout ?? null, pause: null })];
    case 'RolloutStarted':
      return row
        ? [put(applicationTable, { ...row, rollout: event.data.rollout, ...instantsOf(event) })]
        : [];
    case 'ApplicationRetired':
      return row ? [put(applicationTable, { ...row, retired: true, pause: null, ...instantsOf(event) })] : [];
    case 'ApplicationPaused': {
      const { by, reason } = event.data;
      const pause = { by, reason, since: instantsOf(event).occurredAt };
      return row ? [put(applicationTable, { ...row, pause, ...instantsOf(event) })] : [];
    }
    case 'ApplicationResumed':
      return row ? [put(applicationTable, { ...row, pause: null, ...instantsOf(event) })] : [];
    default:
      return [];
  }
};

const ofRollout = (event: Stored, find: Find): readonly Change[] => {
  if (!isOfRollout(event)) return [];
  const row =
    event.type === 'RolloutStarted' ? started(event) : find(rolloutTable, { rollout: event.data.rollout });
  return row ? [put(rolloutTable, { ...rolloutAfter(row, event), ...instantsOf(event) })] : [];
};

/** Applications as declared, and the rollouts of their revisions. */
export const applicationsProjection: Projection = {
  name: 'applications',
  version: 3,
  tables: [applicationTable, rolloutTable],
  reads: (event) => {
    const key = applicationKey(event);
    return [
      ...(key ? [read(applicationTable, key)] : []),
      ...(isOfRollout(event) ? [read(rolloutTable, { rollout: event.data.rollout })] : []),
    ];
  },
  project: (event, find) => [...ofApplication(event, find), ...ofRollout(event, find)],
};

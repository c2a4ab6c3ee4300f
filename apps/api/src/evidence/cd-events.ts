import type { Facts, PlanFacts } from './facts.js';

const version = '0.4.1';

const context = (type: string, id: string, timestamp: string) => ({
  ...{ version, id, source: '/syncline', type, timestamp },
});

const ofPlan = (facts: Facts, { cluster, applies, plan }: PlanFacts) =>
  applies
    .filter(({ type }) => type === 'ApplySucceeded')
    .map(({ at, position }) => ({
      context: context('dev.cdevents.service.deployed.0.2.0', `${position}/${plan.slice(0, 12)}`, at),
      subject: {
        id: `${facts.project}/${facts.application}`,
        source: '/syncline',
        type: 'service',
        content: {
          environment: { id: cluster, source: '/syncline' },
          artifactId: `pkg:generic/${facts.application}@${facts.commit.revision}`,
        },
      },
    }));

/** The change in the words of CDEvents 0.4: the commit that was merged, and each deployment of it. */
export const cdEvents = (facts: Facts): readonly unknown[] => {
  const { commit, events } = facts;
  const seen = events.find(({ type }) => type === 'RevisionDetected');
  const merged = {
    context: context('dev.cdevents.change.merged.0.2.0', seen?.position ?? commit.revision, seen?.time ?? ''),
    subject: {
      id: commit.revision,
      source: '/syncline',
      type: 'change',
      content: { repository: { id: commit.repository, source: '/syncline' } },
    },
  };
  return [merged, ...facts.plans.flatMap((plan) => ofPlan(facts, plan))];
};

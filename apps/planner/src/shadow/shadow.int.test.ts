import type { MemoryWorld } from '@syncline/event-store';
import { digestOf, type LogMessage } from '@syncline/kernel';
import { beforeAll, describe, expect, it } from 'vitest';

import { Fleet } from '../applications/fleet.js';
import { PlanRecorder } from '../planning/plan-recorder.js';
import { RolloutProgress } from '../rollouts/rollout-progress.js';
import { sliceOf } from '../testing/memory-slice.js';
import { historyClusters } from '../testing/planner-history.js';
import { livedHistory, shadowed } from '../testing/shadowed.js';
import { currentMoment } from './moment.js';
import type { RecordedSlice } from './recorded-slice.js';

let memory: MemoryWorld;
let slice: RecordedSlice;
beforeAll(async () => {
  memory = await livedHistory();
  slice = await sliceOf(memory, historyClusters);
});

/** The record with another decision at one place. */
const altered = (sequence: number, change: (events: unknown[]) => unknown): RecordedSlice => {
  const alter = (message: LogMessage): LogMessage => {
    if (message.sequence !== sequence) return message;
    const events = JSON.parse(new TextDecoder().decode(message.bytes)) as unknown[];
    return { ...message, bytes: new TextEncoder().encode(JSON.stringify(change(events))) };
  };
  return {
    ...slice,
    message: async (at) => {
      const message = await slice.message(at);
      return message && alter(message);
    },
    read: async (...of) => (await slice.read(...of)).map(alter),
  };
};

/** The sequence of the first message with an event of a type. */
const firstOf = async (type: string): Promise<number> => {
  for (let at = 1; at <= slice.size; at += 1) {
    const message = await slice.message(at);
    if (message && new TextDecoder().decode(message.bytes).includes(`"type":"${type}"`)) return at;
  }
  throw new Error(`nothing of the record is a ${type}`);
};

describe('the planner over what it decided itself', () => {
  it('decides the same', async () => {
    // All of it happened within seconds.
    const { report, differences } = await shadowed(slice, [], { stillOpenMs: 0 });
    expect(differences).toEqual([]);
    expect(report).toMatchObject({ messages: slice.size, different: 0, notReplayed: {} });
    expect(report.same).toBe(report.decisions);
    expect(report.decisions).toBeGreaterThan(80);
    expect(report.forPersons).toBeGreaterThan(4);
  });

  it('finds no difference where the record ends in the middle', async () => {
    for (let size = 7; size < slice.size; size += 23) {
      const { differences } = await shadowed(await sliceOf(memory, historyClusters, size));
      expect(differences, `the first ${size} messages`).toEqual([]);
    }
  });

  it.each(['PlanApproved', 'WaveCompleted', 'RolloutResumed'])(
    'finds a recorded decision that lacks its %s',
    async (type) => {
      const at = await firstOf(type);
      const without = (events: unknown[]) => events.filter((one) => (one as { type: string }).type !== type);
      // A message has to hold something: where it was all of it, it stands there twice.
      const shorter = (events: unknown[]) => {
        const left = without(events);
        return left.length > 0 ? left : [...events, ...events];
      };
      const { differences } = await shadowed(altered(at, shorter));
      expect(differences.filter(({ position }) => position === `${at}.0`)).toHaveLength(1);
    },
  );

  it('finds a yes of a person to a plan that there was not, and a pause that was none', async () => {
    const [yes, pause] = [await firstOf('PlanRejected'), await firstOf('ApplicationPaused')];
    const other = altered(yes, (events) =>
      events.map((one) => ({
        ...(one as object),
        data: { ...(one as { data: object }).data, plan: 'f'.repeat(64) },
      })),
    );
    const found = (await shadowed(other)).differences.find(({ position }) => position === `${yes}.0`);
    expect(found).toMatchObject({ kind: 'fails', reason: expect.stringContaining('superseded') as string });
    expect(found).not.toHaveProperty('cause');
    const twice = altered(pause, (events) => [...events, ...events]);
    const [first] = (await shadowed(twice)).differences;
    expect(first).toMatchObject({ kind: 'other', position: `${pause}.0`, fields: ['/1'] });
  });

  it('refuses a record in which the cause of a decision is not there', async () => {
    const at = await firstOf('WaveOpened');
    await expect(shadowed(altered(at, (events) => events.slice(0, 1)))).rejects.toThrow(
      new RegExp(`nothing stands at ${at}\\.2, the cause of ev\\.plan\\.`),
    );
  });

  it('refuses a record with an event that this code does not know', async () => {
    const at = await firstOf('PlanApproved');
    const later = (events: unknown[]) => events.map((one) => ({ ...(one as object), type: 'PlanDreamtOf' }));
    await expect(shadowed(altered(at, later))).rejects.toThrow(`message ${at}: `);
  });
});

/** Parts of a planner that decides otherwise. */
class ForgetsWhatNeedsAPerson extends PlanRecorder {
  override async commandFor(...args: Parameters<PlanRecorder['commandFor']>) {
    const command = await super.commandFor(...args);
    return command.type === 'draft'
      ? { ...command, draft: { ...command.draft, needs: ['a person'] } }
      : command;
  }
}
class NamesAnotherChange extends PlanRecorder {
  override async commandFor(...args: Parameters<PlanRecorder['commandFor']>) {
    const command = await super.commandFor(...args);
    if (command.type !== 'draft') return command;
    return { ...command, draft: { ...command.draft, change: digestOf(command.draft.change) } };
  }
}
class NeverDone extends RolloutProgress {
  override observe(): Promise<void> {
    return Promise.resolve();
  }
}
class SeesOneMore extends Fleet {
  override async members() {
    const members = await super.members();
    const more = members.slice(0, 1).map((one) => ({ ...one, cluster: 'nowhere' }));
    return currentMoment().event.type === 'ClusterRelabelled' ? [...members, ...more] : members;
  }
}
class WritesNonsense extends PlanRecorder {
  override async commandFor(...args: Parameters<PlanRecorder['commandFor']>) {
    const command = await super.commandFor(...args);
    return command.type === 'draft' ? { ...command, draft: { ...command.draft, plan: 'none' } } : command;
  }
}
class Breaks extends PlanRecorder {
  override commandFor(): Promise<never> {
    return Promise.reject(new TypeError('a plan of nothing'));
  }
}

describe('a planner that was changed', () => {
  it.each([
    {
      changed: 'asks a person always',
      provide: PlanRecorder,
      useClass: ForgetsWhatNeedsAPerson,
      kind: 'other',
    },
    {
      changed: 'identifies changes otherwise',
      provide: PlanRecorder,
      useClass: NamesAnotherChange,
      kind: 'other',
    },
    {
      changed: 'never completes a rollout',
      provide: RolloutProgress,
      useClass: NeverDone,
      kind: 'no-longer',
    },
    { changed: 'sees a cluster that is not there', provide: Fleet, useClass: SeesOneMore, kind: 'only-now' },
    { changed: 'writes what is no plan', provide: PlanRecorder, useClass: WritesNonsense, kind: 'fails' },
    { changed: 'fails', provide: PlanRecorder, useClass: Breaks, kind: 'fails' },
  ])('and $changed is found', async ({ provide, useClass, kind }) => {
    const { report, differences } = await shadowed(slice, [{ provide, useClass }], { stillOpenMs: 0 });
    expect(differences.map((one) => one.kind)).toContain(kind);
    expect(report.different).toBe(differences.length);
  });

  it('is told by what it decides, and where that differs', async () => {
    const changed = [{ provide: PlanRecorder, useClass: NamesAnotherChange }];
    const [first] = (await shadowed(slice, changed)).differences;
    expect(first).toMatchObject({
      kind: 'other',
      position: expect.stringMatching(/^\d+\.0$/) as string,
      cause: { type: 'PlanRequested' },
      fields: ['/0/data/change'],
    });
  });
});

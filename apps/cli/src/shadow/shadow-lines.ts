import { z } from 'zod';

const said = z.object({ type: z.string(), data: z.unknown() });

/** A decision that differs, as the planner's program tells it. */
export const difference = z.object({
  kind: z.enum(['other', 'no-longer', 'only-now', 'fails']),
  position: z.string().optional(),
  cause: z.object({ position: z.string(), subject: z.string(), type: z.string() }).optional(),
  subject: z.string(),
  recorded: z.array(said),
  now: z.array(said),
  fields: z.array(z.string()),
  reason: z.string().optional(),
});

const report = z.object({
  messages: z.int(),
  decisions: z.int(),
  same: z.int(),
  different: z.int(),
  notReplayed: z.record(z.string(), z.int()),
  forPersons: z.int(),
  byTheClock: z.int(),
  openAtTheEnd: z.int(),
  key: z.string(),
  isKeyGiven: z.boolean(),
});

/** One line of what the planner's program says. */
export const shadowLine = z.discriminatedUnion('line', [
  z.object({ line: z.literal('progress'), what: z.enum(['verify', 'decide']), share: z.number() }),
  z.object({ line: z.literal('difference'), difference }),
  z.object({ line: z.literal('report'), report }),
  z.object({ line: z.literal('refused'), code: z.string(), message: z.string() }),
]);

export type Difference = z.infer<typeof difference>;
export type ShadowReport = z.infer<typeof report>;
export type ShadowLine = z.infer<typeof shadowLine>;

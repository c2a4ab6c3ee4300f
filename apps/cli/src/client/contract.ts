import { z } from 'zod';

const optionalText = z.string().nullish();

/** A row of `GET /v1/fleet`: one application on one cluster. */
export const target = z.object({
  project: z.string(),
  application: z.string(),
  cluster: z.string(),
  revision: z.string().nullable(),
  desiredRevision: z.string().nullable(),
  plan: z.string().nullable(),
  sync: z.string(),
  health: z.string(),
  since: z.string().nullable(),
  message: optionalText,
  mode: optionalText,
});
export const fleet = z.object({ targets: z.array(target), position: z.string() });

export const repository = z.object({
  repository: z.string(),
  url: z.string(),
  ref: z.object({ kind: z.string(), name: z.string() }),
  paths: z.array(z.string()),
  pollSeconds: z.number(),
  revision: optionalText,
  message: optionalText,
  state: z.string(),
  failure: z.object({ class: z.string(), reason: z.string(), since: z.string() }).nullish(),
  configuration: z
    .object({
      revision: z.string(),
      accepted: z.boolean(),
      errors: z.array(z.object({ file: z.string(), line: z.number(), reason: z.string() })).nullish(),
    })
    .nullish(),
});

export const cluster = z.object({
  cluster: z.string(),
  labels: z.record(z.string(), z.string()),
  applier: z.string(),
  state: z.string(),
  kubernetesVersion: optionalText,
  since: optionalText,
  reason: optionalText,
});

export const recipients = z.object({
  services: z.record(z.string(), z.string()),
  appliers: z.record(z.string(), z.string()),
});

/** A CloudEvent with its place in the log. */
export const event = z.looseObject({
  id: z.string(),
  type: z.string(),
  subject: z.string(),
  time: z.string(),
  actor: z.string(),
  correlationid: z.string(),
  data: z.record(z.string(), z.unknown()),
  position: z.string(),
  recordedtime: z.string(),
});

/** A list with what comes after it; the API may add members. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: optionalText });

/** What an agent was admitted with; `token` is of use to the holder of its key alone. */
export const admitted = z.object({
  cluster: z.string(),
  token: z.string(),
  server: z.string(),
  position: z.string(),
});
/** The answer to a change: where the log stands after it. */
export const written = z.looseObject({ position: z.string() });

export type Target = z.infer<typeof target>;
export type Fleet = z.infer<typeof fleet>;
export type Repository = z.infer<typeof repository>;
export type Cluster = z.infer<typeof cluster>;
export type LogEvent = z.infer<typeof event>;

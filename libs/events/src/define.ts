import type { z } from 'zod';

/** One event type at its current version. `version` is raised only for a breaking change; see docs/events.md. */
export type EventType<Name extends string = string, Schema extends z.ZodType = z.ZodType> = {
  readonly name: Name;
  readonly version: number;
  readonly about: string;
  readonly schema: Schema;
};

/** Declares an event type. `about` is one sentence for people; it goes into docs/events.md. */
export const defineEvent = <Name extends string, Schema extends z.ZodType>(
  name: Name,
  version: number,
  about: string,
  schema: Schema,
): EventType<Name, Schema> => ({ name, version, about, schema });

/** The event union of a family of types: `{ type, data }` for each. */
export type EventOf<Types extends readonly EventType[]> = {
  [Key in keyof Types]: Types[Key] extends EventType<infer Name, infer Schema>
    ? { readonly type: Name; readonly data: z.infer<Schema> }
    : never;
}[number];

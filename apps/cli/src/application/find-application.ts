import { CommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';
import { listOf } from '../client/contract.js';

/** What a declaration says, as far as it is shown. */
export const declaration = z.looseObject({
  source: z.looseObject({ path: z.string() }),
  sync: z.looseObject({ mode: z.string() }),
  placement: z.looseObject({ clusters: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
});

/** An application as `GET /v1/applications` lists it. */
export const application = z.looseObject({
  project: z.string(),
  application: z.string(),
  repository: z.string(),
  spec: declaration,
  retired: z.boolean(),
  paused: z.boolean().optional(),
  targets: z.number(),
  inSync: z.number(),
});
export type Application = z.infer<typeof application>;

/** An application's coordinates. */
export type ApplicationName = { readonly project: string; readonly name: string };

/** How many letters have to be changed, added or left out to make one text of another (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      next.push(
        Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)),
      );
    }
    row = next;
  }
  return row[b.length] ?? 0;
};

const suggestion = (name: string, names: readonly string[]): string => {
  const near = names
    .filter((one) => distance(name, one) <= 2)
    .sort((a, b) => distance(name, a) - distance(name, b));
  if (near[0] !== undefined) return ` Did you mean ${near[0]}?`;
  return names.length === 0 ? ' There is none yet.' : ' syncline app list shows them.';
};

/** The application that a text names among these: `NAME` where that is unique, else `PROJECT/NAME`. */
export const pickApplication = (text: string, all: readonly ApplicationName[]): ApplicationName => {
  const slash = text.indexOf('/');
  const project = slash < 0 ? undefined : text.slice(0, slash);
  const name = text.slice(slash + 1);
  const found = all.filter((one) => one.name === name && (project === undefined || one.project === project));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length > 1) {
    const names = found.map((one) => `${one.project}/${one.name}`).join(', ');
    throw new CommandRefused(
      'ambiguous',
      `There is more than one application ${text}: ${names}. Name one of them.`,
    );
  }
  throw new CommandRefused(
    'no-such-application',
    `There is no application ${text}.${suggestion(
      name,
      all.map((one) => one.name),
    )}`,
  );
};

/** Every application that the API knows; `path` may ask about another instant. */
export const listApplications = async (
  api: ApiClient,
  path = '/v1/applications',
): Promise<readonly Application[]> => (await api.get(path, listOf(application))).items;

/** The application that a text names. Throws CommandRefused where there is none or more than one. */
export const findApplication = async (api: ApiClient, text: string): Promise<ApplicationName> => {
  const all = await listApplications(api);
  return pickApplication(
    text,
    all.map(({ project, application: name }) => ({ project, name })),
  );
};

/** `/v1/applications/<project>/<name>` */
export const applicationPath = ({ project, name }: ApplicationName): string =>
  `/v1/applications/${encodeURIComponent(project)}/${encodeURIComponent(name)}`;

import { Inject } from '@nestjs/common';
import { People, type Person } from '@syncline/kernel';

/** Fills in who a person is, where an answer may show it. Names come from outside the log each time, and are never kept. */
export class PeopleNames {
  constructor(@Inject(People) private readonly people: People) {}

  /** The person behind `person:<id>` or `<id>`; undefined for rules, services, tokens and people who were erased. */
  async personOf(actor: string): Promise<Person | undefined> {
    const id = /^(?:person:)?([0-9a-f]{24})(?:;.*)?$/.exec(actor)?.[1];
    return id === undefined ? undefined : await this.people.find(id);
  }

  /** Several people, each looked up once. */
  async peopleOf(actors: readonly string[]): Promise<ReadonlyMap<string, Person>> {
    const unique = [...new Set(actors)];
    const found = await Promise.all(
      unique.map(async (actor) => [actor, await this.personOf(actor)] as const),
    );
    return new Map(found.flatMap(([actor, person]) => (person ? [[actor, person] as const] : [])));
  }
}

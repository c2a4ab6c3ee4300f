/** What is known of a person outside the log. */
export type Person = { readonly name: string; readonly email: string };

/** People by id: an HMAC of the e-mail address, so that the log holds no name and a person can be erased. */
export interface People {
  /** The id of a person, remembered with name and address. */
  identify(person: Person): Promise<string>;
  /** Name and address, or undefined where the person is unknown or erased. */
  find(id: string): Promise<Person | undefined>;
  /** Forgets name and address; the id stays in the log. */
  erase(id: string): Promise<void>;
}
/** Injection token of {@link People}. */
export const People = Symbol('People');

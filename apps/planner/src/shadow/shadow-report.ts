/** What was compared, and what was not. */
export type ShadowReport = {
  readonly messages: number;
  /** Decisions of the planner that the record holds; `same` are those that are made so today. */
  readonly decisions: number;
  readonly same: number;
  readonly different: number;
  /** What could not be decided again, by what the record does not hold. */
  readonly notReplayed: Readonly<Record<string, number>>;
  /** How many of them were asked for by a person, and how many its clock led to. */
  readonly forPersons: number;
  readonly byTheClock: number;
  /** What would be decided and is not in the record yet, because that ends there. */
  readonly openAtTheEnd: number;
};

/** What of a record is compared. */
export type ShadowedPart = {
  /** Only decisions and causes of these messages; what was before is still what they are decided on. */
  readonly from?: number;
  readonly to?: number;
  /** A cause that is so near to the end of the record may have been decided upon after it. */
  readonly stillOpenMs?: number;
};

/** Whether a NATS subject matches a filter with `*` (one token) and `>` (one or more to the end). */
export const matchesSubject = (filter: string, subject: string): boolean => {
  const [wanted, tokens] = [filter.split('.'), subject.split('.')];
  for (const [index, token] of wanted.entries()) {
    if (token === '>') return tokens.length > index;
    if (token !== '*' && token !== tokens[index]) return false;
    if (tokens[index] === undefined) return false;
  }
  return wanted.length === tokens.length;
};

/** Whether any filter matches; no filters match everything. */
export const matchesAny = (filters: readonly string[] | undefined, subject: string): boolean =>
  filters === undefined || filters.some((filter) => matchesSubject(filter, subject));

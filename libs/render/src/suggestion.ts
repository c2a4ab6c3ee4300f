const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, left] of Array.from(a).entries()) {
    const current = [row + 1];
    for (let column = 0; column < b.length; column += 1) {
      const replace = (previous[column] ?? 0) + (left === b[column] ? 0 : 1);
      current.push(Math.min(replace, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};

const beginningWith = (name: string, candidates: Iterable<string>): string | undefined =>
  name.length < 3 ? undefined : Array.from(candidates).find((candidate) => candidate.startsWith(name));

/** The candidate that a mistyped name is nearest to (Levenshtein) or begins, or undefined where none is near. */
export const nearest = (name: string, candidates: Iterable<string>): string | undefined => {
  let best: { candidate: string; away: number } | undefined;
  if (name.length > 200) return undefined;
  for (const candidate of candidates) {
    const away = distance(name.toLowerCase(), candidate.toLowerCase());
    if (away < (best?.away ?? Math.max(2, Math.ceil(candidate.length / 3)) + 1)) best = { candidate, away };
  }
  return best?.candidate ?? beginningWith(name, candidates);
};

/** ` Did you mean "x"?`, or nothing. */
export const didYouMean = (name: string, candidates: Iterable<string>): string => {
  const candidate = nearest(name, candidates);
  return candidate === undefined ? '' : ` Did you mean "${candidate}"?`;
};

/** A DNS-1123 subdomain (RFC 1123): what Kubernetes accepts as the name of most objects. Dots are allowed. */
export const isName = (text: string): boolean =>
  text.length <= 253 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/.test(text);

/** A DNS-1123 label: what Kubernetes accepts as the name of a namespace. */
export const isNamespace = (text: string): boolean => /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(text);

/** What Helm takes as the name of a release, which charts put into names of objects and labels. */
export const isReleaseName = (text: string): boolean => text.length <= 53 && isName(text);

/** A label's value: at most 63 letters, digits, `-`, `_` and `.`, or nothing. */
export const isLabelValue = (text: string): boolean =>
  text === '' || /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text);

/** A label's key: a name like a value's, after an optional prefix and a slash. */
export const isLabelKey = (text: string): boolean => {
  const [name, prefix, ...rest] = text.split('/').reverse();
  if (rest.length > 0 || (prefix !== undefined && !isName(prefix))) return false;
  return name !== undefined && name !== '' && isLabelValue(name);
};

/** A name that `${NAME}` may stand for. */
export const isSubstitutionName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);

const units = { h: 3600, m: 60, s: 1 } as const;

/** Seconds of a duration as Go and Kubernetes write it (`90s`, `5m`, `1h30m`); undefined where it is none. */
export const readDuration = (text: string): number | undefined => {
  if (!/^(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?$/.test(text) || text === '') return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([hms])/g))
    seconds += Number(amount) * units[unit as keyof typeof units];
  return seconds;
};

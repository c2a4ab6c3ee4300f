/** A call in a template, and where its name begins. */
export type Call = { readonly name: string; readonly at: number };

/** Functions of Helm that answer otherwise another time: by the clock, or by chance. */
const unsteady = new Set([
  ...['now', 'ago', 'durationRound'],
  ...['uuidv4', 'randAlphaNum', 'randAlpha', 'randAscii', 'randNumeric', 'randBytes', 'randInt', 'shuffle'],
  ...['genPrivateKey', 'genCA', 'genCAWithKey', 'genSelfSignedCert', 'genSelfSignedCertWithKey'],
  ...['genSignedCert', 'genSignedCertWithKey', 'bcrypt', 'htpasswd', 'encryptAES'],
]);

/** What an action is made of, as far as a name has to be told from what only looks like it: texts, comments, fields, variables. */
const token =
  /\}\}|\/\*|`|"(?:\\.|[^"\\\n])*"|\\"[^"\n]*"|'(?:\\.|[^'\\\n]){1,9}'|[.$]?[\p{L}_][\p{L}\p{N}_]*/gu;
const ends: Readonly<Record<string, string>> = { '/*': '*/', '`': '`' };

/** The calls of one action, of which `from` is the first character; answers where it ends. */
const readAction = (text: string, from: number, calls: Call[]): number => {
  const tokens = new RegExp(token);
  tokens.lastIndex = from;
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [name] = found;
    if (name === '}}') return tokens.lastIndex;
    const end = ends[name];
    if (end !== undefined) {
      const at = text.indexOf(end, tokens.lastIndex);
      if (at < 0) break;
      tokens.lastIndex = at + end.length;
    } else if (unsteady.has(name)) calls.push({ name, at: found.index });
  }
  return text.length;
};

/**
 * Where a template's text calls what answers otherwise another time. Also reads what stands in a text of YAML or JSON, where quotes
 * have a backslash before them.
 */
export const callsIn = (text: string): readonly Call[] => {
  const calls: Call[] = [];
  for (let at = text.indexOf('{{'); at >= 0; at = text.indexOf('{{', at))
    at = readAction(text, at + 2, calls);
  return calls;
};

/** The line of a place in a text, from 1. */
export const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

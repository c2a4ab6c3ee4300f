import type { GitCredential } from './remote.js';

const tokenUser = 'x-access-token';

/** A credential as Basic authentication (RFC 7617) sends it; undefined where there is nothing in it. */
export const basicOf = (
  credential: GitCredential | undefined,
): { readonly username: string; readonly password: string } | undefined => {
  const password = credential?.password ?? credential?.token;
  if (password === undefined) return undefined;
  return { username: credential?.username ?? tokenUser, password };
};

/**
 * How git gets a credential: a helper for the remote's origin alone that prints two variables of the environment of
 * that one git process. So it is neither in arguments nor in an address, and a redirect elsewhere gets nothing.
 */
export const helperFor = (
  url: URL,
  credential: GitCredential | undefined,
): { readonly config: Record<string, string>; readonly env: Record<string, string> } => {
  const basic = basicOf(credential);
  if (!basic) return { config: {}, env: {} };
  const print = `printf 'username=%s\\npassword=%s\\n' "$SYNCLINE_GIT_USERNAME" "$SYNCLINE_GIT_PASSWORD"`;
  return {
    config: { [`credential.${url.origin}.helper`]: `!f() { test "$1" = get && ${print}; }; f` },
    env: { SYNCLINE_GIT_USERNAME: basic.username, SYNCLINE_GIT_PASSWORD: basic.password },
  };
};

/** Takes every form of a credential out of a text. */
export const redact = (text: string, credential: GitCredential | undefined): string => {
  const basic = basicOf(credential);
  const keyLines = credential?.privateKey?.split('\n').filter((line) => line.length > 20) ?? [];
  const secrets = [
    ...keyLines,
    credential?.password,
    credential?.token,
    basic && Buffer.from(`${basic.username}:${basic.password}`).toString('base64'),
  ].filter((one) => one !== undefined && one !== '');
  return secrets
    .flatMap((secret) => [secret ?? '', encodeURIComponent(secret ?? '')])
    .reduce((redacted, secret) => redacted.replaceAll(secret, '***'), text);
};

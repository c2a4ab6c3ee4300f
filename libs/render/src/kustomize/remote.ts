/**
 * Whether kustomize could take a path for something to fetch: a URL, an scp-like Git address, one of the hosts that it
 * knows without a scheme, or a path with a Git query.
 */
export const isRemote = (written: string): boolean =>
  /^\s*[a-z][a-z0-9+.-]*:(?:\/\/|:)/i.test(written) ||
  /^\s*https?:/i.test(written) ||
  /^\s*[^/\s]+@[^/\s]+[:/]/.test(written) ||
  /^\s*(?:gh:|github\.com[/:]|gitlab\.com[/:]|bitbucket\.org[/:]|ssh\.dev\.azure\.com[/:])/i.test(written) ||
  /[?&](?:ref|version|timeout|submodules)=/.test(written);

/**
 * Whether tests run their servers in containers or from binaries. `SYNCLINE_TESTKIT=containers` demands containers,
 * which this version cannot do: it refuses, so that nobody takes a run on binaries for one on containers.
 */
export const requireEmbedded = (server: string): void => {
  if (process.env.SYNCLINE_TESTKIT !== 'containers') return;
  throw new Error(
    `SYNCLINE_TESTKIT=containers asks for ${server} in a container, and tests start it from a binary only. Unset it.`,
  );
};

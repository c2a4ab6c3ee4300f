const quietMs = 2_000;

/** Says what is waited for once it has lasted two seconds, and again whenever that is something else. */
export const sayWaits = (say: (line: string) => void, now: () => Date): ((reason: string) => void) => {
  const began = now().getTime();
  let said: string | undefined;
  return (reason) => {
    const waitedMs = now().getTime() - began;
    if (waitedMs < quietMs || reason === said) return;
    said = reason;
    say(`waiting for ${Math.round(waitedMs / 1000)} s: ${reason}`);
  };
};

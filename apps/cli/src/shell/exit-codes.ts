/** What a command ends with: done, refused or failed, called wrongly, differences found. */
export const exitCodes = { done: 0, refused: 1, usage: 2, differences: 3 } as const;

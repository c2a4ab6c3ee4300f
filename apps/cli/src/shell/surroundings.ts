/** What the CLI reads and writes outside itself; tests give their own. */
export type Surroundings = {
  readonly environment: NodeJS.ProcessEnv;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether standard output is a terminal that shows colour. */
  readonly colour: boolean;
  readonly now: () => Date;
  readonly readInput: () => Promise<string>;
  /** Asks a person at a terminal, who answers with a line; absent where there is nobody. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborted by Ctrl-C, SIGTERM and a terminal that goes away. */
  readonly signal: AbortSignal;
  /** Ends the command with another code than 0 although it succeeded. */
  readonly setExitCode: (code: number) => void;
};

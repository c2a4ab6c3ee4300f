import { openRefNote, parseRemoteUrl, type GitCredential } from '@syncline/git';

import type { Witness } from './witnesses.js';

/** A ref of a repository that somebody else holds. */
export type GitWitnessPlace = {
  readonly url: string;
  readonly ref: string;
  readonly credential?: GitCredential;
};

/** A ref whose every commit holds a checkpoint in the file `checkpoint`; it is only ever continued. */
export const gitWitness = ({ url, ref, credential }: GitWitnessPlace, dir: string): Witness => {
  const note = openRefNote({ url, ref, dir, file: 'checkpoint', ...(credential && { credential }) });
  return {
    name: `${ref} of ${parseRemoteUrl(url).url.host}`,
    last: () => note.read(),
    keep: (text) => note.write(text, `Checkpoint over ${text.split('\n')[1] ?? ''} messages`),
  };
};

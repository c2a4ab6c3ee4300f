import type { TrackedRef } from '@syncline/events';

import type { ConcreteRef } from './remote.js';
import { isVersionRange } from './version-tags.js';

/** The full name of a tracked branch or tag; undefined for a commit, which has none. */
export const refNameOf = ({ kind, name }: ConcreteRef): string | undefined => {
  if (kind === 'commit') return undefined;
  return kind === 'branch' ? `refs/heads/${name}` : `refs/tags/${name}`;
};

/** Whether a ref may be tracked: a commit by its full id, a range of versions, a name by the rules of git-check-ref-format. */
export const isTrackable = ({ kind, name }: TrackedRef): boolean => {
  if (kind === 'commit') return /^[0-9a-f]{40}$/.test(name);
  if (kind === 'semver') return isVersionRange(name);
  const forbidden = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.lock(?:\/|$)|^[/.-]|[/.]$/;
  return name !== '' && name !== '@' && !forbidden.test(name);
};

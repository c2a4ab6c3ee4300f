export { GitError } from './git-error.js';
export type { GitCode } from './git-error.js';
export type { ObjectCache, TreeEntry } from './objects/object-cache.js';
export { isLfsPointer } from './objects/lfs.js';
export { openObjectCache } from './objects/open-object-cache.js';
export { createRepositoryFrom } from './server/create-repository.js';
export type { RepositoryFromFolder } from './server/create-repository.js';
export { startGitServer } from './server/start-git-server.js';
export type { GitServer, GitServerOptions } from './server/start-git-server.js';
export type { Mirror, PackOptions, PackPart } from './mirror/mirror.js';
export type { Submodule } from './mirror/submodules.js';
export { openMirror } from './mirror/open-mirror.js';
export type { CommitDetails, GitSignature } from './mirror/parse-commit.js';
export { fingerprintOf, readKnownHosts } from './ssh/host-keys.js';
export { readPrivateKey } from './ssh/private-key.js';
export { scanHostKeys } from './ssh/scan-host-keys.js';
export { openRefNote } from './remote/ref-note.js';
export type { RefNote, RefNoteOptions } from './remote/ref-note.js';
export { openRemote } from './remote/open-remote.js';
export { isTrackable } from './remote/ref-names.js';
export type {
  ConcreteRef,
  GitCredential,
  Head,
  Remote,
  RemoteLimits,
  RemoteOptions,
} from './remote/remote.js';
export { parseRemoteUrl } from './remote/remote-url.js';
export type { GoodSignature, SignaturePolicy, Verdict } from './signatures/policy.js';
export { verifyPolicy } from './signatures/verify-signature.js';
export { verifyGit } from './process/verify-git.js';

export { knownKey } from './export/blob-check.js';
export type { BlobSink, PlacedBlob } from './export/blob-check.js';
export { blobReferencesOf, KnownBlobs } from './export/blob-references.js';
export type { BlobReference } from './export/blob-references.js';
export { exportTitle } from './export/frames.js';
export { readKeys } from './export/key-chain.js';
export { ExportReader } from './export/read-export.js';
export type { ExportSink, ShownBlob, ShownMessage } from './export/read-export.js';
export type { ExportHeader, ExportScope } from './export/scope.js';
export { ExportVerifier } from './export/verify-export.js';
export type { TreeRoot } from './export/tree-check.js';
export type { Beside, ExportReport, VerifiedMessage, VerifiedSink } from './export/verify-export.js';
export { exportFrames, hiddenSubtrees } from './export/write-export.js';
export { WrongExport } from './export/wrong-export.js';
export { fromBase64, toBase64 } from './notes/base64.js';
export {
  announceKey,
  checkpointText,
  openAnnouncement,
  openCheckpoint,
  parseCheckpointText,
  readCheckpoints,
  signCheckpoint,
  splitNotes,
} from './notes/checkpoint.js';
export type { Checkpoint, OpenedCheckpoint } from './notes/checkpoint.js';
export { preAuthenticated } from './notes/envelope.js';
export { formatVerifier, isKeyName, isSignedBy, parseVerifier, signerOf, verifierOf } from './notes/keys.js';
export type { Signer, Verifier } from './notes/keys.js';
export { parseNote, signersOf, signNote } from './notes/signed-note.js';
export type { Note, NoteSignature } from './notes/signed-note.js';
export { CompactRange, subtreesOf } from './tree/compact-range.js';
export type { OnSubtree } from './tree/compact-range.js';
export { emptyRoot, hashChildren, hashLeaf, isSameHash, leafData, leafHashOf } from './tree/hashes.js';
export type { Hash, LeafMessage } from './tree/hashes.js';
export {
  consistencyProof,
  inclusionProof,
  rangeHash,
  verifyConsistency,
  verifyInclusion,
} from './tree/proofs.js';
export type { ReadSubtree } from './tree/proofs.js';
export { sizeOfStored, storedCount, storedIndex } from './tree/stored-hashes.js';

/** What an auditor needs to know to read and check an archive without the server that made it. */
export const readme = (
  key: string,
  isPeriod = false,
): string => `Evidence of ${isPeriod ? 'everything that was deployed of one application within a period' : 'one revision of one application'}

report.html           to read and to print; needs nothing else
facts.json            the same as data
events.json           every event of ${isPeriod ? 'these changes' : 'the change'} (CloudEvents), with its position in the log
plans/                each plan that was made: its file name is the SHA-256 of its bytes, and what was approved
manifests/            what the plans were made from: the file name is the SHA-256 of the bytes
log/                  the part of the log that holds these events, with the proofs that lead to a signed checkpoint
checkpoint.note       that checkpoint (C2SP tlog-checkpoint)
cdevents.json         the commit and its deployments as CDEvents
statement.dsse.json   an in-toto statement with a SLSA verification summary, signed (DSSE)
SHA256SUMS            the digest of each file
SHA256SUMS.note       the same, signed (C2SP signed-note)

To check it:

  sha256sum -c SHA256SUMS                    nothing was changed since it was packed
  syncline log verify log/${isPeriod ? 'changes' : 'change-1'}.syncline   the events are in the log, whole and in order, at the signed root
  syncline log verify FILE.zip               both, and every signature

The key of the log is

  ${key}

Compare it with the key that you were given by another way: whoever made this archive could have made a key as well.
Signatures are Ed25519 (RFC 8032); the last 32 bytes of the key's base64 are the public key.
`;

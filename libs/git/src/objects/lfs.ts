/** The first line of every pointer (Git LFS specification, The Pointer); the second is its name before 2014. */
const marks = ['version https://git-lfs.github.com/spec/', 'version https://hawser.github.com/spec/'];
const longestPointer = 1024;

/** Whether a file is a pointer of Git LFS: its content is kept elsewhere, and is not in the repository. */
export const isLfsPointer = (bytes: Uint8Array): boolean => {
  if (bytes.length > longestPointer) return false;
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 64));
  return marks.some((mark) => start.startsWith(mark));
};

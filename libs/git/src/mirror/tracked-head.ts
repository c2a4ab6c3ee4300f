/** Where a mirror keeps what the tracked ref named last: a commit, or the tag object that leads to it. */
export const trackedHead = 'refs/tracked/head';

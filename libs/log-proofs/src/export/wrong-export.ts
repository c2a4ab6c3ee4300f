/** An export that does not hold what was signed. */
export class WrongExport extends Error {
  override readonly name = 'WrongExport';

  constructor(
    /** The first message that is wrong, or after which nothing is proven. */
    readonly position: number,
    readonly reason: string,
  ) {
    super(`wrong at position ${position}: ${reason}`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who paused an application, why and since when; null where it is not paused. */
export class Pause1700000000004 implements MigrationInterface {
  readonly name = 'Pause1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE application ADD COLUMN pause jsonb');
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}

import type { NaiveSession } from './naive.driver.js';
import type { PlainEngines } from './plain-engines.js';

/** Which of the master's positions is taken for a write's: `current` is behind what an asynchronous commit has written. */
export type PositionFunction = 'pg_current_wal_lsn' | 'pg_current_wal_insert_lsn';

/**
 * Asks the master for its position after each write, and reads from a slave that has replayed it, else from the master.
 * Knows nothing of what it has read.
 */
export class PositionSession implements NaiveSession {
  private position = '0/0';

  constructor(
    private readonly engines: PlainEngines,
    private readonly positionFunction: PositionFunction,
  ) {}

  async wrote(): Promise<void> {
    const { rows } = await this.engines.master.raw<{ rows: { position: string }[] }>(
      `SELECT ${this.positionFunction}()::text AS position`,
    );
    this.position = rows[0]?.position ?? this.position;
  }

  async readFrom(): Promise<string> {
    for (const name of this.engines.slaveNames) if (await this.hasReplayed(name)) return name;
    return 'master';
  }

  private async hasReplayed(slave: string): Promise<boolean> {
    const { rows } = await this.engines
      .named(slave)
      .raw<{ rows: { reached: boolean }[] }>('SELECT pg_last_wal_replay_lsn() >= ?::pg_lsn AS reached', [
        this.position,
      ]);
    return rows[0]?.reached === true;
  }
}

import type { ReplicatedPostgres } from '../../../src/testing/index.js';
import { ProbedSession } from './oracle.js';

/** Errors that only a slave, or only a read-only session, gives. */
const ERRORS_OF_SLAVES = new Set(['25006', '0A000', '55000', 'XX000']);

/** A session on the master and one on a slave, that should answer alike. */
export class SessionPair {
  private constructor(
    private readonly master: ProbedSession,
    private readonly slave: ProbedSession,
  ) {}

  static async start(db: ReplicatedPostgres): Promise<SessionPair> {
    const options = '-c statement_timeout=5s';
    return new SessionPair(
      await ProbedSession.start({ ...db.master.connection, options }),
      await ProbedSession.start({ ...db.slave('slave1').connection, options }),
    );
  }

  /** What the slave says or keeps, and the master does not. */
  async differences(sql: string): Promise<string[]> {
    const there = await this.slave.run(sql);
    if (there.because === '') return [];
    if (there.code !== undefined && !ERRORS_OF_SLAVES.has(there.code)) return [];
    const here = await this.master.run(sql);
    return here.code === there.code && here.code !== undefined ? [] : [`${sql} -- ${there.because}`];
  }

  async end(): Promise<void> {
    await Promise.all([this.master.end(), this.slave.end()]);
  }
}

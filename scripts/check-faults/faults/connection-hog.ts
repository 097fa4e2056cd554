import { setTimeout as sleepMs } from 'node:timers/promises';
import pg from 'pg';
import type { PostgresServer } from '../../../src/testing/index.js';

const NAME = 'hog';
const GRABBERS = 4;
const RETRY_MS = 20;

/** Other clients of a server, who take all of its connections and keep them. */
export class ConnectionHog {
  private readonly held: pg.Client[] = [];
  private readonly released = new AbortController();
  private grabbing: Promise<unknown> = Promise.resolve();

  constructor(private readonly server: PostgresServer) {}

  /** Returns when nobody else has a connection, nor can get one: who was ended tries again at once. */
  async grab(): Promise<void> {
    this.grabbing = Promise.all(Array.from({ length: GRABBERS }, () => this.grabAll()));
    while (this.held.length === 0) await sleepMs(RETRY_MS);
    while ((await this.endOthers()) > 0 || (await this.grabOne())) await sleepMs(RETRY_MS);
  }

  async release(): Promise<void> {
    this.released.abort();
    await this.grabbing;
    await Promise.all(this.held.splice(0).map((client) => client.end()));
  }

  private async grabAll(): Promise<void> {
    while (!this.released.signal.aborted) {
      if (!(await this.grabOne())) await sleepMs(RETRY_MS);
    }
  }

  private async grabOne(): Promise<boolean> {
    const client = new pg.Client({ ...this.server.connection, application_name: NAME });
    client.on('error', () => undefined);
    try {
      await client.connect();
      this.held.push(client);
      return true;
    } catch {
      return false;
    }
  }

  private async endOthers(): Promise<number> {
    const result = await this.held[0]?.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND application_name <> $1`,
      [NAME],
    );
    return result?.rowCount ?? 0;
  }
}

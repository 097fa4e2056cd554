import knex, { type Knex } from 'knex';

/** A query as Knex's client runs it. */
export interface ClientQuery {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  /** Knex's own word for what it does: `select`, `first`, `insert`, `raw`, … */
  readonly method?: string;
  response?: unknown;
}

/** Answers a query of the engine that a connection is of, with rows. */
export type AnswerQuery = (engine: string, query: ClientQuery) => readonly object[];

/**
 * PostgreSQL's client without a server: it makes the same SQL, and asks `answer` instead of a connection. It is no `pg` by its name, so that
 * nothing is asked of servers that are not there; the host of an engine's connection is the engine's name.
 */
export function recordingClient(answer: AnswerQuery): typeof Knex.Client {
  const Postgres = knex({ client: 'pg' }).client.constructor as typeof Knex.Client;
  class RecordingClient extends Postgres {
    _driver(): object {
      return {};
    }

    override async acquireRawConnection(): Promise<object> {
      return {};
    }

    override async destroyRawConnection(): Promise<void> {}

    override async validateConnection(): Promise<boolean> {
      return true;
    }

    async _query(_connection: object, query: ClientQuery): Promise<ClientQuery> {
      const rows = answer(this.engine, query);
      query.response = { command: commandOf(query), rows: [...rows], rowCount: rows.length, fields: [] };
      return query;
    }

    async _stream(_connection: object, query: ClientQuery, stream: NodeJS.WritableStream): Promise<void> {
      for (const row of answer(this.engine, query)) stream.write(row as never);
      stream.end();
    }

    private get engine(): string {
      return (this.connectionSettings as { readonly host: string }).host;
    }
  }
  Object.assign(RecordingClient.prototype, { driverName: 'recorded' }); // where Knex's own classes have it
  return RecordingClient;
}

const COMMANDS: Readonly<Record<string, string>> = { insert: 'INSERT', update: 'UPDATE', del: 'DELETE' };

function commandOf({ method = 'raw', sql }: ClientQuery): string {
  return method === 'raw' ? (/^\s*(\w+)/.exec(sql)?.[1] ?? '').toUpperCase() : (COMMANDS[method] ?? 'SELECT');
}

/** Root of everything this package throws. `code` is stable, the message ends with the next step. */
export abstract class DatabaseRoutingError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The options given to `forRoot` or `createDatabaseRouting` can't work. Thrown at boot, never later. */
export class InvalidOptionsError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_INVALID_OPTIONS';
}

/** A name that is none of the configured engines. */
export class UnknownEngineError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_UNKNOWN_ENGINE';

  constructor(
    readonly engine: string,
    readonly known: readonly string[],
    where: string,
  ) {
    super(
      `${where} names the engine '${engine}', which is not configured. ` +
        `Use one of: ${known.join(', ')}; or 'slave' for any slave.`,
    );
  }
}

/**
 * A read from the master by a client that has seen on a slave what the master does not show yet, since the commit waits for
 * a synchronous slave. It was not sent: it would have gone back in time.
 */
export class MasterBehindError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_MASTER_BEHIND';

  constructor() {
    super(
      'The master does not show yet what a slave has shown this client: a commit waits for a synchronous slave. ' +
        "Look at the master's synchronous_standby_names and pg_stat_replication.",
    );
  }
}

/**
 * A write on a Knex, a transaction or a connection that names a slave. It was not sent; or, where it could not be told
 * beforehand, the slave refused it, and `cause` is the server's error. Nothing was written.
 */
export class WriteOnSlaveError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_WRITE_ON_SLAVE';

  constructor(
    readonly engine: string,
    because: string,
    options?: ErrorOptions,
  ) {
    super(
      `The slave '${engine}' runs reads only, and this is none: ${because}. ` +
        `Run it on the routed Knex or on 'master', outside a read-only transaction.`,
      options,
    );
  }
}

/** A `connection` function of the user's failed, so that nobody could connect; `cause` is what it threw. Nothing was sent. */
export class ConnectionSettingsError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_CONNECTION_SETTINGS';

  constructor(
    readonly engine: string,
    cause: unknown,
  ) {
    const because = cause instanceof Error ? cause.message : String(cause);
    super(
      `The \`connection\` function of ${engine} failed: ${because}. It is asked again for the next connection.`,
      {
        cause,
      },
    );
  }
}

/** No slave may serve reads now, and the master's budget for them is spent. Nothing was sent; try again in a while. */
export class SlavesUnavailableError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_SLAVES_UNAVAILABLE';
  /** When it may be worth trying again, in s. */
  readonly retryAfterSeconds = 1;

  constructor(states: string) {
    super(
      `No slave may serve reads now (${states || 'there is none'}), and masterBudget is spent. ` +
        'Bring a slave back, or raise masterBudget.perSecond and masterBudget.share.',
    );
  }
}

/** Two servers say that they are the master, on the same timeline. Nothing was sent: nobody can tell which of them is right. */
export class TwoMastersError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_TWO_MASTERS';

  constructor() {
    super(
      'Two servers write the same timeline, each as the master, so that writes are refused. ' +
        'Stop the wrong one, or make it a slave of the other.',
    );
  }
}

/**
 * A write that failed for the master's sake: it was gone, or was replaced. `cause` is the driver's error. It is certain that
 * the write was not applied, unless `mayHaveBeenApplied`.
 */
export class WriteFailedError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_WRITE_FAILED';

  constructor(
    readonly engine: string,
    readonly mayHaveBeenApplied: boolean,
    { cause, repeating = 'helps' }: { cause: unknown; repeating?: 'helps' | 'is in vain' },
  ) {
    const advice =
      repeating === 'helps'
        ? "Repeat it, or set retryWrites to 'safe'."
        : `Correct the settings that ${engine} is connected to with.`;
    super(
      mayHaveBeenApplied
        ? `The connection to ${engine} broke while a write was on its way: it may have been applied. Look before you do it again.`
        : `${engine} could not take a write, which was not applied: ${messageOf(cause)}. ${advice}`,
      { cause },
    );
  }
}

/** An error in words, without the query that Knex puts before what the server says. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message || error.name;
  const query = message.lastIndexOf(' - ');
  return query < 0 ? message : message.slice(query + 3);
}

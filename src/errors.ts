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

/**
 * A write to a table that the same request, message or job has read on a slave before, where the option `readThenWrite` is
 * `'refuse'`. It was not sent: what it was decided by may be old.
 */
export class ReadThenWriteError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_READ_THEN_WRITE';

  constructor(readonly table: string) {
    super(
      `The table ${table} was read on a slave before it is written here, so what the write was decided by may be old. ` +
        `Read it on the master: in the transaction that writes, or by .usingEngine('master').`,
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
      { cause },
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

/** A read that belongs to no request, message or job, where `noContext` is `'refuse'`. It was not sent. */
export class NoContextError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_NO_CONTEXT';

  constructor() {
    super(
      "A read belongs to no request, message or job, and noContext is 'refuse'. Run it inside routing.run(), decorate its method " +
        "with @RunAsJob(), or name its engine: .usingEngine('master').",
    );
  }
}

/** Two servers say that they are the master, on the same timeline. Nothing was sent: nobody can tell which of them is right. */
export class TwoMastersError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_TWO_MASTERS';

  constructor() {
    super(
      'Two servers write the same timeline, each as the master, so that writes are refused. ' +
        'Stop the wrong one, and make it a slave of the other.',
    );
  }
}

/** What is known of a write that failed. */
export interface WriteFailure extends ErrorOptions {
  /** The code of the error with which the server answered COMMIT. */
  readonly commitCode?: string | undefined;
  /** The caller asked for COMMIT, and the transaction was rolled back. */
  readonly wasRolledBack?: boolean;
  /** Whether the same write may be taken later; in vain where the app's own settings are wrong. Default `'helps'`. */
  readonly repeating?: 'helps' | 'is in vain';
}

/**
 * A write that failed because the master was gone or was replaced, or a transaction whose COMMIT failed. It is certain that
 * nothing of it was applied, unless `mayHaveBeenApplied`.
 *
 * `cause` is the driver's error. If a transaction was rolled back when it was to be committed, `cause` is the error of the
 * statement that had failed in it, or what `rollback()` was given.
 *
 * `code` is 'DATABASE_ROUTING_WRITE_FAILED', with one exception. If the server answered COMMIT with an error, for a deferred
 * constraint or a serialization failure, `code` is that error's, as in bare Knex: `error.code` and `error.cause.code` are both
 * the SQL state, such as '23505' or '40001'.
 */
export class WriteFailedError extends DatabaseRoutingError {
  readonly code: string;

  constructor(
    readonly engine: string,
    readonly mayHaveBeenApplied: boolean,
    failure: WriteFailure,
  ) {
    super(failedWriteMessage(engine, mayHaveBeenApplied, failure), { cause: failure.cause });
    this.code = failure.commitCode ?? 'DATABASE_ROUTING_WRITE_FAILED';
  }
}

function failedWriteMessage(engine: string, mayHaveBeenApplied: boolean, failure: WriteFailure): string {
  const { cause, commitCode, wasRolledBack, repeating = 'helps' } = failure;
  if (wasRolledBack)
    return (
      `${engine} rolled back a transaction that was to be committed, because one of its statements had failed, or rollback() ` +
      'was called. Nothing of it was applied. Let the work throw that error, or run the statement in a savepoint: trx.transaction().'
    );
  if (commitCode !== undefined) {
    const because = messageOf(cause);
    return mayHaveBeenApplied
      ? `${engine} answered a transaction's COMMIT with an error: ${because}. It may have been applied. Look before you repeat it.`
      : `${engine} refused a transaction's COMMIT, and nothing of it was applied: ${because}. Repeat it after 40001 or 40P01 only.`;
  }
  return mayHaveBeenApplied
    ? `The connection to ${engine} broke while a write was on its way: it may have been applied. Look before you repeat it.`
    : `${engine} could not take a write, which was not applied: ${messageOf(cause)}. ${ADVICE[repeating](engine)}`;
}

const ADVICE = {
  helps: () => "Repeat it, or set retryWrites to 'safe'.",
  'is in vain': (engine: string) => `Correct the settings that ${engine} is connected to with.`,
} satisfies Record<NonNullable<WriteFailure['repeating']>, (engine: string) => string>;

/** An error in words, without the query that Knex puts before what the server says. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = error.message || error.name;
  const query = message.lastIndexOf(' - ');
  return query < 0 ? message : message.slice(query + 3);
}

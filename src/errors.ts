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

/** A write, or what can't be proved a read, on a Knex or in a transaction that names a slave. It was not sent. */
export class WriteOnSlaveError extends DatabaseRoutingError {
  readonly code = 'DATABASE_ROUTING_WRITE_ON_SLAVE';

  constructor(
    readonly engine: string,
    what: string,
  ) {
    super(
      `${what} was not sent to the slave '${engine}': only reads run there. Run it on the routed Knex or on 'master'.`,
    );
  }
}

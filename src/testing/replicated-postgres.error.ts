export type ReplicatedPostgresErrorCode =
  | 'INVALID_OPTION'
  | 'BINARIES_NOT_FOUND'
  | 'BINARIES_UNUSABLE'
  | 'COMMAND_FAILED'
  | 'START_FAILED'
  | 'NOT_RUNNING'
  | 'TIMED_OUT'
  | 'STOPPED';

/** Anything that this test tool cannot do; the message ends with the next step. */
export class ReplicatedPostgresError extends Error {
  override readonly name = 'ReplicatedPostgresError';

  constructor(
    readonly code: ReplicatedPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

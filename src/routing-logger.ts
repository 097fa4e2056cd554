/** What the core writes to: the part of Nest's `LoggerService` that it needs. */
export interface RoutingLogger {
  /** Each decision, with its reason. */
  debug(message: string): void;
  /** Whether `debug` is on; asked for each decision, whose line is not even made where it is off. Default: it is on. */
  isDebugEnabled?(): boolean;
  /** What works, but surely not as meant. */
  warn(message: string): void;
}

export const SILENT_LOGGER: RoutingLogger = { debug() {}, isDebugEnabled: () => false, warn() {} };

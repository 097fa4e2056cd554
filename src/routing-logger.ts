/** What the core writes to: the part of Nest's `LoggerService` that it needs. */
export interface RoutingLogger {
  /** Each decision, so keep it cheap when it is off. */
  debug(message: string): void;
  /** What works, but surely not as meant. */
  warn(message: string): void;
}

export const SILENT_LOGGER: RoutingLogger = { debug() {}, warn() {} };

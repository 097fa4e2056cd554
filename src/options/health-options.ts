/** How the engines are watched (PostgreSQL only). */
export interface HealthOptions {
  /** Time between two probes of an engine while there is traffic, in ms; without traffic every 5 s. Default 500. */
  intervalMs?: number;
  /** An engine that answers a probe later than that is down, in ms. Default 1000. */
  timeoutMs?: number;
  /** A slave that is further behind the master serves no reads, in ms. Default 30,000. */
  maxLagMs?: number;
  /** The same in bytes of log. Default: no limit. */
  maxLagBytes?: number;
  /** A slave whose answers take longer than that, and 5 times as long as the others', serves no reads, in ms. Default 25. */
  slowMs?: number;
  /** A slave that comes back gets a growing share of the reads for so long, in ms. Default 5000. */
  slowStartMs?: number;
}

/** What becomes of writes, and of reads that only the master may answer, while the master is away. */
export interface FailoverOptions {
  /** How long a read that needs the master waits for it to be back, or for a slave to be promoted, in ms. Default 5000. */
  waitMs?: number;
}

/** How many reads a master that is sized for writes takes over while no slave may serve. */
export interface MasterBudgetOptions {
  /** The most such reads a second. Default: no limit. */
  perSecond?: number;
  /** The largest share of all reads, from 0 up to 1. Default: no limit. */
  share?: number;
  /**
   * What happens to the others. `'refuse'`: `SlavesUnavailableError`. `'wait'`: they wait for a slave or for the budget, for
   * `waitMs`, and are refused then. `'stale'`: a slave that lags serves them, with the reason `stale`, and they are refused
   * where there is none. Default `'refuse'`.
   */
  otherwise?: 'refuse' | 'wait' | 'stale';
  /** For `'wait'`, in ms. Default 1000. */
  waitMs?: number;
}

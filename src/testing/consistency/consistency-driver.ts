/** A register as somebody reads it. Version 0 and value null: it was never written. */
export interface RegisterReading {
  readonly version: number;
  readonly value: string | null;
  /** Who answered, where the driver knows. */
  readonly engine?: string | undefined;
}

/** A list as somebody reads it; a list that nobody has appended to is empty. */
export interface ListReading {
  readonly values: readonly string[];
  readonly engine?: string | undefined;
}

/** An acknowledged write. `version`: the register's new version, counted from 1, or the list's new length. */
export interface Written {
  readonly version: number;
  readonly engine?: string | undefined;
}

/**
 * One person. Calls come one after the other; what the person carries from one to the next (a bookmark, cookies) is kept
 * here. A call that rejects counts as an error, never as an anomaly.
 */
export interface ConsistencyClient {
  write(register: string, value: string): Promise<Written>;
  append(list: string, value: string): Promise<Written>;
  read(register: string): Promise<RegisterReading>;
  readList(list: string): Promise<ListReading>;
  /** Reads several registers one after the other, in this order, within one context or request. */
  readAll?(registers: readonly string[]): Promise<readonly RegisterReading[]>;
  /** Writes, and then reads the same register within the same context or request. */
  writeAndRead?(register: string, value: string): Promise<{ written: Written; reading: RegisterReading }>;
}

/** How `checkConsistency` reaches what it checks. */
export interface ConsistencyDriver {
  /** Awaited once before the first client begins. */
  prepare?(): Promise<void>;
  client(id: number): ConsistencyClient;
}

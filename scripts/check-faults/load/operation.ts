/** A read outside a transaction, a write, or a transaction that writes, as its caller saw it. */
export interface Operation {
  /** Long reads are of a fault's own load: how long they take says nothing. */
  readonly kind: 'read' | 'long read' | 'write';
  readonly startedMs: number;
  readonly endedMs: number;
  /** Who answered, where the router says so. */
  readonly engine: string | undefined;
  /** What it failed with. */
  readonly error: string | undefined;
  /** It failed because no slave could serve and the master has a budget: as was configured. */
  readonly isRefused: boolean;
}

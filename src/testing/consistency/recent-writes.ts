import type { Operation } from './operation.js';
import type { Subject } from './subject.js';

/** A write that was begun, with what its client had written and read before it: a client that sees the one must see the others. */
export interface BegunWrite {
  readonly client: number;
  readonly subject: Subject;
  readonly value: string;
  readonly startedAtMs: number;
  readonly written: ReadonlyMap<Subject, Operation>;
  readonly read: ReadonlyMap<Subject, Operation>;
  /** Undefined until it is acknowledged; others may see it before. */
  operation: Operation | undefined;
}

const DEFAULT_CAPACITY = 5000;

/**
 * The writes begun last, by their value, which is written once only. An older one that a slave far behind still shows is
 * not found: its reading is then checked a little less, never wrongly.
 */
export class RecentWrites {
  private readonly byValue = new Map<string, BegunWrite>();

  constructor(private readonly capacity = DEFAULT_CAPACITY) {}

  add(write: BegunWrite): void {
    this.byValue.set(write.value, write);
    if (this.byValue.size > this.capacity) this.forgetOldest();
  }

  find(value: string): BegunWrite | undefined {
    return this.byValue.get(value);
  }

  private forgetOldest(): void {
    const { value } = this.byValue.keys().next();
    if (value !== undefined) this.byValue.delete(value);
  }
}

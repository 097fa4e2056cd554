import type { Operation } from './operation.js';
import type { Subject } from './subject.js';

const KEPT_PER_SUBJECT = 500;

/** Which version of each subject its writers had been told of, and when: rising in both. */
export class AcknowledgedWrites {
  private readonly bySubject = new Map<Subject, Operation[]>();

  add(subject: Subject, write: Operation): void {
    const writes = this.bySubject.get(subject) ?? [];
    this.bySubject.set(subject, writes);
    // Acknowledged after a later version was: that one demands more.
    if (write.version <= (writes.at(-1)?.version ?? 0)) return;
    writes.push(write);
    if (writes.length > KEPT_PER_SUBJECT) writes.shift();
  }

  /** The newest write acknowledged at that time or before; undefined also where it was so long ago that it is forgotten. */
  newestAt(subject: Subject, atMs: number): Operation | undefined {
    return this.bySubject.get(subject)?.findLast(({ endedAtMs }) => endedAtMs <= atMs);
  }

  forget(subject: Subject): void {
    this.bySubject.delete(subject);
  }
}

import type { Anomaly, AnomalyKind, AnomalyLink } from './anomaly.js';
import type { Operation } from './operation.js';
import { type Reading, shows } from './reading.js';
import type { BegunWrite, RecentWrites } from './recent-writes.js';
import type { Subject } from './subject.js';

/** What a client must see since it saw somebody's write: what that somebody had written or read before. */
interface Debt {
  readonly expected: Operation;
  readonly link: { readonly write: BegunWrite; readonly seenBy: Operation };
}

/** What one client has written and seen so far: the least that it may be shown from now on. */
export class ClientView {
  /** The newest of each subject. */
  private readonly written = new Map<Subject, Operation>();
  private readonly read = new Map<Subject, Operation>();
  private readonly owed = {
    'monotonic-writes': new Map<Subject, Debt>(),
    'writes-follow-reads': new Map<Subject, Debt>(),
  };

  constructor(private readonly client: number) {}

  /** What the client knows as it begins a write. */
  knowledge(): Pick<BegunWrite, 'written' | 'read'> {
    return { written: new Map(this.written), read: new Map(this.read) };
  }

  /** The client was told that its write is done. */
  acknowledge(subject: Subject, write: Operation): void {
    if (write.version > (this.written.get(subject)?.version ?? 0)) this.written.set(subject, write);
  }

  /** What a reading should have shown and doesn't, at most once of each kind. */
  missing(reading: Reading): Anomaly[] {
    const { subject } = reading;
    const found: Anomaly[] = [];
    const expect = (kind: AnomalyKind, expected: Operation | undefined, link?: AnomalyLink) => {
      if (expected && !shows(reading, expected))
        found.push({ kind, expected, found: reading.operation, link });
    };
    expect('read-your-writes', this.written.get(subject));
    expect('monotonic-reads', this.read.get(subject));
    for (const kind of ['monotonic-writes', 'writes-follow-reads'] as const) {
      const debt = this.owed[kind].get(subject);
      if (debt) expect(kind, debt.expected, linkOf(debt));
    }
    return found;
  }

  /** From now on the client must not see less than this, nor less than the writers of what it shows had seen. */
  learn(reading: Reading, recent: RecentWrites): void {
    const { subject, operation } = reading;
    const knownVersion = this.read.get(subject)?.version ?? 0;
    if (operation.version <= knownVersion) return;
    this.read.set(subject, operation);
    const fresh = subject.kind === 'list' ? reading.values.slice(knownVersion) : reading.values;
    for (const value of fresh) this.owe(recent.find(value), operation);
  }

  forget(subject: Subject): void {
    for (const known of [this.written, this.read, ...Object.values(this.owed)]) known.delete(subject);
  }

  /** The client's own writes bind it already: read-your-writes. */
  private owe(write: BegunWrite | undefined, seenBy: Operation): void {
    if (!write || write.client === this.client) return;
    const link = { write, seenBy };
    addDebts(this.owed['monotonic-writes'], write.written, link);
    addDebts(this.owed['writes-follow-reads'], write.read, link);
  }
}

function addDebts(
  debts: Map<Subject, Debt>,
  before: ReadonlyMap<Subject, Operation>,
  link: Debt['link'],
): void {
  for (const [subject, expected] of before) {
    if (subject.retired || expected.version <= (debts.get(subject)?.expected.version ?? 0)) continue;
    debts.set(subject, { expected, link });
  }
}

/** A write that others saw and whose own client was not told of (yet) has no version that anybody knows. */
function linkOf({ link: { write, seenBy } }: Debt): AnomalyLink {
  const { client, subject, value, startedAtMs } = write;
  const untold = {
    client,
    kind: 'write',
    subject: subject.name,
    version: seenBy.version,
    value,
    engine: undefined,
    startedAtMs,
    endedAtMs: seenBy.endedAtMs,
  } as const;
  return { write: write.operation ?? untold, seenBy };
}

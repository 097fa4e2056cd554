import { AcknowledgedWrites } from './acknowledged-writes.js';
import { ANOMALY_KINDS, type Anomaly, type AnomalyKind } from './anomaly.js';
import { ClientView } from './client-view.js';
import type { Written } from './consistency-driver.js';
import type { Reading } from './reading.js';
import { type BegunWrite, RecentWrites } from './recent-writes.js';
import type { Subject } from './subject.js';

export interface HistoryOptions {
  readonly clients: number;
  /** Undefined: readings may be as old as they like, as far as their clients can't tell. */
  readonly maxLagMs: number | undefined;
  /** How many anomalies of each kind are kept with their operations. */
  readonly examplesPerKind: number;
}

/**
 * Checks the operations as they end, and keeps what later ones must be held against: some thousand operations, however
 * long the check runs. All times come from the one clock of the process that runs the clients.
 */
export class History {
  readonly counts = Object.fromEntries(ANOMALY_KINDS.map((kind) => [kind, 0])) as Record<AnomalyKind, number>;
  readonly examples: Anomaly[] = [];
  private readonly views: readonly ClientView[];
  private readonly recent = new RecentWrites();
  private readonly acknowledged = new AcknowledgedWrites();

  constructor(private readonly options: HistoryOptions) {
    this.views = Array.from({ length: options.clients }, (_, client) => new ClientView(client));
  }

  /** To be called before the write is sent: others may see it before its client is told that it is done. */
  beginWrite(client: number, subject: Subject, value: string, startedAtMs: number): BegunWrite {
    const knowledge = this.view(client).knowledge();
    const write = { client, subject, value, startedAtMs, ...knowledge, operation: undefined };
    this.recent.add(write);
    return write;
  }

  endWrite(write: BegunWrite, { version, engine }: Written, endedAtMs: number): void {
    const { client, subject, value, startedAtMs } = write;
    const times = { startedAtMs, endedAtMs };
    const operation = {
      client,
      kind: 'write',
      subject: subject.name,
      version,
      value,
      engine,
      ...times,
    } as const;
    write.operation = operation;
    if (subject.retired) return;
    this.view(client).acknowledge(subject, operation);
    if (this.options.maxLagMs !== undefined) this.acknowledged.add(subject, operation);
  }

  read(reading: Reading): void {
    if (reading.subject.retired) return;
    const view = this.view(reading.operation.client);
    for (const anomaly of [...view.missing(reading), ...this.stale(reading)]) this.count(anomaly);
    view.learn(reading, this.recent);
  }

  /** Nothing is checked on this subject any more, and nothing of it is kept. */
  retire(subject: Subject): void {
    subject.retired = true;
    for (const view of this.views) view.forget(subject);
    this.acknowledged.forget(subject);
  }

  private stale(reading: Reading): Anomaly[] {
    const { maxLagMs } = this.options;
    if (maxLagMs === undefined) return [];
    const { subject, operation: found } = reading;
    const expected = this.acknowledged.newestAt(subject, found.startedAtMs - maxLagMs);
    // By its version alone: which of two histories is right is for the other kinds.
    if (!expected || found.version >= expected.version) return [];
    return [{ kind: 'bounded-staleness', expected, found, link: undefined }];
  }

  private count(anomaly: Anomaly): void {
    this.counts[anomaly.kind] += 1;
    if (this.counts[anomaly.kind] <= this.options.examplesPerKind) this.examples.push(anomaly);
  }

  private view(client: number): ClientView {
    const view = this.views[client];
    if (!view) throw new RangeError(`there is no client ${client}`);
    return view;
  }
}

import { CallMeter } from './call-meter.js';
import type { ListReading, RegisterReading, Written } from './consistency-driver.js';
import type { ConsistencyReport, EngineReads, ErrorCount, FaultReport } from './consistency-report.js';
import { History, type HistoryOptions } from './history.js';
import { listReading, type Reading, registerReading } from './reading.js';
import type { BegunWrite } from './recent-writes.js';
import type { Subject } from './subject.js';

const MESSAGES_KEPT = 10;

/** Takes in what the clients do: times it, counts it, and has the history check it. */
export class Recorder {
  readonly history: History;
  private readonly reads = new CallMeter();
  private readonly writes = new CallMeter();
  private readonly readsByEngine = new Map<string, number>();
  private readonly messages = new Map<string, number>();
  private readonly startedAt = performance.now();

  constructor(options: HistoryOptions) {
    this.history = new History(options);
  }

  /** Since the check began. */
  nowMs(): number {
    return performance.now() - this.startedAt;
  }

  get operations(): number {
    return this.reads.answered + this.writes.answered;
  }

  get attempts(): number {
    return this.operations + this.reads.errors + this.writes.errors;
  }

  get anomalies(): number {
    return Object.values(this.history.counts).reduce((sum, count) => sum + count, 0);
  }

  beginWrite(client: number, subject: Subject, value: string): BegunWrite {
    return this.history.beginWrite(client, subject, value, this.nowMs());
  }

  written(write: BegunWrite, answer: Written): void {
    const endedAtMs = this.nowMs();
    this.writes.add(1, endedAtMs - write.startedAtMs);
    this.history.endWrite(write, answer, endedAtMs);
  }

  readRegisters(
    client: number,
    startedAtMs: number,
    subjects: readonly Subject[],
    answers: readonly RegisterReading[],
  ): void {
    const occasion = { client, startedAtMs, endedAtMs: this.nowMs() };
    if (answers.length !== subjects.length)
      throw new Error(`${subjects.length} registers were asked for, ${answers.length} came back`);
    this.read(answers.map((answer, index) => registerReading(subjects[index] as Subject, answer, occasion)));
  }

  readList(client: number, startedAtMs: number, subject: Subject, answer: ListReading): void {
    this.read([listReading(subject, answer, { client, startedAtMs, endedAtMs: this.nowMs() })]);
  }

  failed(kind: 'read' | 'write', cause: unknown): void {
    this[kind === 'read' ? 'reads' : 'writes'].errors += 1;
    const message = cause instanceof Error ? cause.message : String(cause);
    const key = this.messages.has(message) || this.messages.size < MESSAGES_KEPT ? message : 'others';
    this.messages.set(key, (this.messages.get(key) ?? 0) + 1);
  }

  report(faults: readonly FaultReport[]): ConsistencyReport {
    const { history } = this;
    return {
      seconds: this.nowMs() / 1000,
      operations: this.operations,
      reads: this.reads.counts(),
      writes: this.writes.counts(),
      readsByEngine: this.engineReads(),
      anomalies: this.anomalies,
      anomaliesByKind: { ...history.counts },
      examples: [...history.examples],
      errors: this.errors(),
      faults,
    };
  }

  errors(): ErrorCount[] {
    const errors = [...this.messages].map(([message, count]) => ({ message, count }));
    return errors.toSorted((one, other) => other.count - one.count);
  }

  private read(readings: readonly Reading[]): void {
    const [first] = readings;
    if (first) this.reads.add(readings.length, first.operation.endedAtMs - first.operation.startedAtMs);
    for (const reading of readings) {
      const engine = reading.operation.engine ?? 'unknown';
      this.readsByEngine.set(engine, (this.readsByEngine.get(engine) ?? 0) + 1);
      this.history.read(reading);
    }
  }

  private engineReads(): Record<string, EngineReads> {
    const engines = [...this.readsByEngine].toSorted(([one], [other]) => one.localeCompare(other));
    return Object.fromEntries(
      engines.map(([engine, reads]) => [engine, { reads, share: reads / this.reads.answered }]),
    );
  }
}

import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Knex } from 'knex';
import { ConsistencyStore, type ReplicatedPostgres } from '../../../src/testing/index.js';
import type { RouterSession, SessionKnex } from '../routers/router-under-fault.js';
import type { Recording } from './recording.js';
import { sentNow } from './sent-value.js';
import { withinDeadline } from './within-deadline.js';

const PAUSE_MS = 25;
const WRITE_SHARE = 0.1;
const APPEND_SHARE = 0.06;

/** After how many contexts, on average, a person leaves and another comes. */
const VISIT_CONTEXTS = 30;

/**
 * One person after the other, who go from context to context, alone write one register and one list, and look at another's
 * register too. No result may be older than one that the same person has got before.
 */
export class LoadSession {
  private person: RouterSession;
  /** The newest version that the person has seen, by register; and the length of the list. */
  private readonly seen = new Map<string, number>();
  private newestWritten = 0;
  private acknowledged = 0;
  private doubtful = 0;
  private readonly appended: string[] = [];

  constructor(
    private readonly name: string,
    private readonly friend: string,
    private readonly comes: () => RouterSession,
    private readonly recording: Recording,
  ) {
    this.person = comes();
  }

  async run(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      try {
        await this.person.context((knex) => this.context(knex));
      } catch (cause) {
        this.recording.addFault(cause);
      }
      await sleepMs(PAUSE_MS);
      if (Math.random() < 1 / VISIT_CONTEXTS) this.next();
    }
  }

  /** What was acknowledged and is not there now, or is there more often than it was written. */
  async check({ currentMaster }: ReplicatedPostgres): Promise<void> {
    const [register] = await currentMaster.query<{ version: number }>(
      'SELECT version FROM consistency_registers WHERE key = $1',
      [this.name],
    );
    const items = await currentMaster.query<{ value: string }>(
      'SELECT value FROM consistency_items WHERE list = $1',
      [this.list],
    );
    this.checkRegister(register?.version ?? 0);
    this.checkList(items.map(({ value }) => value));
  }

  /** A new person has seen nothing yet. */
  private next(): void {
    this.person = this.comes();
    this.seen.clear();
  }

  private get list(): string {
    return `${this.name}.list`;
  }

  private async context({ reads, writes }: SessionKnex): Promise<void> {
    const chance = Math.random();
    if (chance < WRITE_SHARE) await this.write(writes);
    else if (chance < WRITE_SHARE + APPEND_SHARE) await this.append(writes);
    await this.read(reads, this.name);
    await this.read(reads, this.friend);
    if (chance > 0.5) await this.readList(reads);
  }

  private async write(knex: Knex): Promise<void> {
    const value = sentNow(this.name);
    const written = await this.record('write', () => new ConsistencyStore(knex).write(this.name, value));
    if (!written) return void (this.doubtful += 1);
    this.acknowledged += 1;
    this.newestWritten = written.version;
    this.see(this.name, written.version, 'wrote');
  }

  private async append(knex: Knex): Promise<void> {
    const value = sentNow(this.name);
    const written = await this.record('write', () => new ConsistencyStore(knex).append(this.list, value));
    if (!written) return;
    this.appended.push(value);
    this.see(this.list, (this.seen.get(this.list) ?? 0) + 1, 'wrote');
  }

  private async read(knex: Knex, register: string): Promise<void> {
    const reading = await this.record('read', () => new ConsistencyStore(knex).read(register));
    if (reading) this.see(register, reading.version, `read on ${reading.engine}`);
  }

  private async readList(knex: Knex): Promise<void> {
    const reading = await this.record('read', () => new ConsistencyStore(knex).readList(this.list));
    if (reading) this.see(this.list, reading.values.length, `read on ${reading.engine}`);
  }

  private record<Answer extends { readonly engine?: string | undefined }>(
    kind: 'read' | 'write',
    work: () => Promise<Answer>,
  ): Promise<Answer | undefined> {
    return this.recording.add(kind, () => withinDeadline(`a ${kind}`, work()));
  }

  private see(what: string, version: number, how: string): void {
    const before = this.seen.get(what) ?? 0;
    if (version < before) this.wrong(`${this.name} ${how} ${what} at ${version} after it had seen ${before}`);
    this.seen.set(what, Math.max(before, version));
  }

  private checkRegister(version: number): void {
    const { newestWritten } = this;
    if (version < newestWritten)
      this.wrong(`${this.name} is at ${version}, though ${newestWritten} was acknowledged`);
    const most = this.acknowledged + this.doubtful;
    if (version > most) this.wrong(`${this.name} is at ${version}, though it was written ${most} times`);
  }

  private checkList(values: readonly string[]): void {
    const kept = new Set(values);
    for (const value of this.appended)
      if (!kept.has(value)) this.wrong(`${this.list} has lost ${value}, which was acknowledged`);
    if (kept.size < values.length) this.wrong(`${this.list} has an item twice that was appended once`);
  }

  private wrong(sentence: string): void {
    this.recording.wrong.push(sentence);
  }
}

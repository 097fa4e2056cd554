import { setTimeout as sleepMs } from 'node:timers/promises';
import { type DatabaseRouting, createDatabaseRouting } from '../../src/index.js';
import type { Servers } from '../common/servers.js';
import { type KindName, KIND_NAMES, KINDS } from './kinds.js';
import type { Thing } from './messages.js';

/** Reads under way at a time. */
const READERS = 4;
/** Connections to each slave. */
const CONNECTIONS = 5;

/** What came of the reads of one kind. */
export interface Reads {
  total: number;
  onSlaves: number;
  failed: number;
}

/** Reads, as an app would, all that the other process has made so far. */
export class Reader {
  readonly reads = Object.fromEntries(
    KIND_NAMES.map((kind) => [kind, { total: 0, onSlaves: 0, failed: 0 }]),
  ) as Record<KindName, Reads>;
  /** The first error of each sort. */
  readonly errors = new Map<string, string>();
  private readonly things: Thing[] = [];
  private readonly inFlight = new Map<Thing, number>();
  private readonly routing: DatabaseRouting;
  private readonly slaves: readonly string[];
  private stopped = false;

  constructor({ master, slaves }: Servers) {
    const pool = { min: 0, max: CONNECTIONS };
    this.slaves = Object.keys(slaves);
    this.routing = createDatabaseRouting({
      client: 'pg',
      logger: { debug() {}, warn() {} },
      master: { connection: master },
      slaves: Object.fromEntries(this.slaves.map((name) => [name, { connection: slaves[name]!, pool }])),
    });
  }

  async ready(): Promise<void> {
    await this.routing.ready();
    await this.routing.asked();
  }

  made(thing: Thing): void {
    this.things.push(thing);
  }

  /** Resolves when it is read by nobody any more. */
  async retire({ kind, n }: Thing): Promise<void> {
    const at = this.things.findIndex((thing) => thing.kind === kind && thing.n === n);
    const [thing] = this.things.splice(at, 1);
    const isRead = () => thing !== undefined && (this.inFlight.get(thing) ?? 0) > 0;
    while (isRead()) await sleepMs(1);
  }

  /** Resolves after `stop()`. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: READERS }, () => this.readOn()));
  }

  stop(): void {
    this.stopped = true;
  }

  /** What is left on the slaves' connections: all of them are asked at once. */
  async settingsLeft(): Promise<number> {
    const asked = this.slaves.flatMap((slave) =>
      Array.from({ length: CONNECTIONS }, async () => {
        const sql = `select current_setting('check.left', true) as setting, pg_sleep(0.1)`;
        const knex = this.routing.usingEngine(slave);
        const { rows } = await knex.raw<{ rows: readonly { setting: string | null }[] }>(sql);
        return rows[0]?.setting ? 1 : 0;
      }),
    );
    return (await Promise.all(asked)).reduce<number>((sum, one) => sum + one, 0);
  }

  destroy(): Promise<void> {
    return this.routing.destroy();
  }

  private async readOn(): Promise<void> {
    while (!this.stopped) {
      const thing = this.things[Math.floor(Math.random() * this.things.length)];
      if (thing) await this.read(thing);
      else await sleepMs(1);
    }
  }

  private async read(thing: Thing): Promise<void> {
    const { kind, n } = thing;
    const reads = this.reads[kind];
    this.inFlight.set(thing, (this.inFlight.get(thing) ?? 0) + 1);
    let engine: string | undefined;
    try {
      const note = (query: { engine?: string }) => void (engine = query.engine);
      await this.routing.run(async () => {
        const query = KINDS[kind].read(this.routing.knex, n) as PromiseLike<unknown> & {
          on(event: 'query', listener: typeof note): unknown;
        };
        query.on('query', note);
        await query;
      });
      if (engine !== 'master') reads.onSlaves++;
    } catch (error) {
      reads.failed++;
      const { code, message } = error as { code?: string; message: string };
      this.errors.set(`${kind} ${code}`, message);
    }
    reads.total++;
    const left = (this.inFlight.get(thing) ?? 1) - 1;
    if (left > 0) this.inFlight.set(thing, left);
    else this.inFlight.delete(thing);
  }
}

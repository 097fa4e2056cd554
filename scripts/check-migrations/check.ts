import { fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ReplicatedPostgres, startReplicatedPostgres } from '../../src/testing/index.js';
import { Progress } from '../common/progress.js';
import { serversOf } from '../common/servers.js';
import { type KindName, SCHEMA } from './kinds.js';
import type { FromMigrator, ToMigrator } from './messages.js';
import { Reader, type Reads } from './reader.js';

/** What came of it. */
export interface Outcome {
  readonly migrations: number;
  readonly reads: Readonly<Record<KindName, Reads>>;
  readonly errors: ReadonlyMap<string, string>;
  /** The most connections to slaves at a time that had locks and stayed. */
  readonly locks: number;
  readonly settings: number;
}

/**
 * One process migrates all the time, while this one reads over slaves that are late. Without feedback a slave's replay, which holds
 * a table's lock, would wait for readers of the catalogue, which wait for the table, until PostgreSQL cancels them after 30 s.
 */
export async function check(seconds: number, lagMs: number): Promise<Outcome> {
  const databases = await startReplicatedPostgres({ slaves: 2, settings: { hot_standby_feedback: true } });
  await databases.master.query(SCHEMA);
  await databases.caughtUp();
  for (const slave of Object.values(databases.slaves)) await slave.delay(lagMs);
  const reader = new Reader(serversOf(databases));
  try {
    await reader.ready();
    return await migrateAndRead(databases, reader, seconds);
  } finally {
    await reader.destroy();
    await databases.stop();
  }
}

async function migrateAndRead(
  databases: ReplicatedPostgres,
  reader: Reader,
  seconds: number,
): Promise<Outcome> {
  const progress = new Progress('migrating and reading');
  const here = fileURLToPath(import.meta.url);
  const migrator = fork(fileURLToPath(new URL(`./migrator${extname(here)}`, import.meta.url)), [
    JSON.stringify(databases.master.connection),
  ]);
  const send = (message: ToMigrator) => migrator.connected && migrator.send(message);
  const heard: { migrations: number; failure?: string } = { migrations: 0 };
  migrator.on('message', (message: FromMigrator) => {
    if (message.is === 'failed') heard.failure = message.error;
    else if (message.is === 'retiring') void reader.retire(message.thing).then(() => send({ is: 'retired' }));
    else heard.migrations++;
    if (message.is === 'made') reader.made(message.thing);
  });
  const reading = reader.run();
  const locks = new LocksLeft(databases);
  const endsAtMs = performance.now() + seconds * 1_000;
  while (performance.now() < endsAtMs && heard.failure === undefined) {
    await sleepMs(250);
    await locks.look();
    const left = Math.ceil((endsAtMs - performance.now()) / 1_000);
    progress.show(`${heard.migrations} migrations, ${left} s to go`);
  }
  const settings = await reader.settingsLeft();
  reader.stop();
  await reading;
  send({ is: 'stop' });
  await Promise.race([once(migrator, 'exit'), sleepMs(5_000)]);
  migrator.kill();
  progress.clear();
  const { migrations, failure } = heard;
  if (failure !== undefined) throw new Error(`the migrating process failed: ${failure}`);
  return { migrations, reads: reader.reads, errors: reader.errors, locks: locks.most, settings };
}

/** Connections to slaves that hold advisory locks, and did so when they were looked at before: one that is closed soon leaves none. */
class LocksLeft {
  most = 0;
  private before = new Set<string>();

  constructor(private readonly databases: ReplicatedPostgres) {}

  async look(): Promise<void> {
    const sql = `select distinct pid from pg_locks where locktype = 'advisory'`;
    const asked = Object.values(this.databases.slaves).map(async (slave) =>
      (await slave.query<{ pid: number }>(sql)).map(({ pid }) => `${slave.name} ${pid}`),
    );
    const holding = (await Promise.all(asked)).flat();
    this.most = Math.max(this.most, holding.filter((one) => this.before.has(one)).length);
    this.before = new Set(holding);
  }
}

import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyFolder } from './copy-folder.js';
import type { PostgresServer } from './postgres-server.js';
import { primaryConnectionInfo } from './primary-connection-info.js';
import { runCommand } from './run-command.js';
import type { ServerUser } from './server-user.js';
import { settingLine } from './setting-line.js';

export interface SlaveDataOptions {
  readonly name: string;
  readonly master: PostgresServer;
  readonly masterFolder: string;
  readonly dataFolder: string;
  readonly user: ServerUser | undefined;
}

/** Made by each server for itself; PostgreSQL's documentation says to leave them out of a backup. */
const NOT_COPIED =
  /^(postmaster\.(pid|opts)|current_logfiles|backup_label|standby\.signal|postgresql\.auto\.conf|(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/.*|(.*\/)?pgsql_tmp[^/]*|(.*\/)?pg_internal\.init)$/;

/** The data folder of a slave, from a running master: what pg_basebackup would do, which npm's binaries lack. */
export async function backUpMaster(options: SlaveDataOptions): Promise<void> {
  const { master, masterFolder, dataFolder, user } = options;
  const label = await master.inSession(async (query) => {
    await query("SELECT pg_backup_start('attachSlave', true)");
    await copyFolder(masterFolder, dataFolder, { owner: user, includes: (path) => !NOT_COPIED.test(path) });
    const [row] = await query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    return row?.labelfile ?? '';
  });
  await write(options, 'backup_label', label);
}

/**
 * The same for several slaves of a master that nobody uses yet, and which is stopped for it: one command is quicker than
 * many calls. It must have run before, so that its data says with which settings: its slaves check theirs against them.
 */
export async function copyAtRest(master: PostgresServer, slaves: readonly SlaveDataOptions[]): Promise<void> {
  if (slaves.length === 0) return;
  await master.stop();
  const copy = ({ masterFolder, dataFolder, user }: SlaveDataOptions) =>
    runCommand('cp', ['-R', masterFolder, dataFolder], user);
  await Promise.all(slaves.map(copy));
  await master.start();
}

/** Makes a copy of a master's data that of its slave. */
export async function makeSlave(options: SlaveDataOptions): Promise<void> {
  const info = primaryConnectionInfo(options.master.connection, options.name);
  await write(options, 'standby.signal', '');
  // The file that ALTER SYSTEM writes: what a test set on the master alone is not the slave's.
  await write(options, 'postgresql.auto.conf', settingLine('primary_conninfo', info));
}

async function write({ dataFolder, user }: SlaveDataOptions, name: string, text: string): Promise<void> {
  const path = join(dataFolder, name);
  await writeFile(path, text, { mode: 0o600 });
  if (user) await chown(path, user.uid, user.gid);
}

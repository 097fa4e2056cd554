import { randomBytes } from 'node:crypto';
import { findBinaries } from './find-binaries.js';
import { Guardian } from './guardian.js';
import { initData } from './init-data.js';
import type { ReplicatedPostgresOptions } from './replicated-postgres.options.js';
import { ReplicatedPostgres } from './replicated-postgres.js';
import { resolveOptions, type ResolvedOptions } from './resolve-options.js';
import { RunFolder } from './run-folder.js';
import { serverUser } from './server-user.js';
import { sweep } from './sweep.js';

/**
 * Starts a master and its slaves on free ports of 127.0.0.1, and returns when the slaves stream. Whatever becomes of
 * this process, its servers and their data go with it.
 */
export async function startReplicatedPostgres(
  options: ReplicatedPostgresOptions = {},
): Promise<ReplicatedPostgres> {
  const resolved = resolveOptions(options);
  const user = serverUser();
  const folder = await RunFolder.create(user);
  const guardian = new Guardian(folder);
  try {
    return await startIn(folder, guardian, resolved);
  } catch (cause) {
    await guardian.cleanUp();
    throw cause;
  }
}

async function startIn(
  folder: RunFolder,
  guardian: Guardian,
  options: ResolvedOptions,
): Promise<ReplicatedPostgres> {
  options.onProgress('looking for PostgreSQL');
  const binaries = await findBinaries(options.binaries, folder);
  const login = { user: 'postgres', password: randomBytes(16).toString('hex'), database: options.database };
  const replication = new ReplicatedPostgres({ folder, guardian, binaries, login, options });
  try {
    options.onProgress('making the data');
    const { settings } = options;
    await Promise.all([
      initData({ binaries, folder, dataFolder: folder.join('master'), login, settings }),
      sweep(folder.user),
    ]);
    await replication.start();
    return replication;
  } catch (cause) {
    await replication.stop();
    throw cause;
  }
}

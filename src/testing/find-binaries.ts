import { join } from 'node:path';
import { copyBinaries, needsCopy } from './binary-copy.js';
import { embeddedBinaries } from './embedded-binaries.js';
import { ReplicatedPostgresError } from './replicated-postgres.error.js';
import { runCommand } from './run-command.js';
import type { RunFolder } from './run-folder.js';

/** A folder with initdb and postgres that the servers' user can run. */
export async function findBinaries(named: string | undefined, folder: RunFolder): Promise<string> {
  const bin = named ?? (await installedBinaries(folder));
  try {
    await runCommand(join(bin, 'postgres'), ['--version'], folder.user);
    return bin;
  } catch (cause) {
    const who = folder.user ? ` as user ${folder.user.uid} (PostgreSQL refuses root)` : '';
    throw new ReplicatedPostgresError(
      'BINARIES_UNUSABLE',
      `cannot run ${join(bin, 'postgres')}${who}: ${String(cause)}. ` +
        'Name a folder with initdb and postgres that this user can reach in POSTGRES_BINARIES or TMPDIR',
      { cause },
    );
  }
}

async function installedBinaries(folder: RunFolder): Promise<string> {
  const native = embeddedBinaries();
  return join((await needsCopy(native, folder)) ? await copyBinaries(native, folder) : native, 'bin');
}

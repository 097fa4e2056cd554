import { chown, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ownerMark } from './owner-mark.js';
import type { ServerUser } from './server-user.js';

/** Everything that one replication leaves on the disk lies in here, and only the servers' user may enter. */
export class RunFolder {
  static async create(user: ServerUser | undefined): Promise<RunFolder> {
    const path = await mkdtemp(join(await realpath(tmpdir()), ownerMark()));
    if (user) await chown(path, user.uid, user.gid);
    return new RunFolder(path, user);
  }

  constructor(
    readonly path: string,
    readonly user: ServerUser | undefined,
  ) {}

  /** Names this replication in the command line of each of its processes. */
  get token(): string {
    return basename(this.path);
  }

  join(name: string): string {
    return join(this.path, name);
  }
}

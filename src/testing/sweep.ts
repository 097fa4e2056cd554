import { lstat, readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Guardian } from './guardian.js';
import { isAbandoned } from './owner-mark.js';
import { RunFolder } from './run-folder.js';
import type { ServerUser } from './server-user.js';

/** Ends what an earlier owner left behind together with its guardian: after a power cut, or a container's end. */
export async function sweep(user: ServerUser | undefined): Promise<void> {
  const parent = await realpath(tmpdir());
  const abandoned = (await readdir(parent)).filter((name) => isAbandoned(name));
  await Promise.all(
    abandoned.map(async (name) => {
      const path = join(parent, name);
      if (!(await isOurs(path, user))) return;
      // What cannot be removed now is no reason not to start; the next start tries again.
      await new Guardian(new RunFolder(path, user)).cleanUp().catch(() => undefined);
    }),
  );
}

async function isOurs(path: string, user: ServerUser | undefined): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isDirectory() === true && [user?.uid, process.geteuid?.()].includes(found.uid);
}

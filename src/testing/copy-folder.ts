import { constants } from 'node:fs';
import { chown, copyFile, lchown, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServerUser } from './server-user.js';

export interface CopyOptions {
  readonly owner: ServerUser | undefined;
  /** Gets the path inside the folder. A folder that it leaves out is left out with all that is in it. */
  readonly includes?: (path: string) => boolean;
}

/** Copies a folder that may be in use: what vanishes meanwhile is left out. */
export async function copyFolder(from: string, to: string, options: CopyOptions, inside = ''): Promise<void> {
  await mkdir(join(to, inside), { mode: 0o700 });
  const entries = await readdir(join(from, inside), { withFileTypes: true });
  await Promise.all(
    entries.map(async (entry) => {
      const path = join(inside, entry.name);
      if (options.includes?.(path) === false) return;
      if (entry.isDirectory()) await copyFolder(from, to, options, path);
      else if (entry.isSymbolicLink()) await copyLink(join(from, path), join(to, path), options);
      else if (entry.isFile()) await copyOneFile(join(from, path), join(to, path), options);
    }),
  );
  if (options.owner) await chown(join(to, inside), options.owner.uid, options.owner.gid);
}

async function copyLink(from: string, to: string, { owner }: CopyOptions): Promise<void> {
  await symlink(await readlink(from), to);
  if (owner) await lchown(to, owner.uid, owner.gid);
}

async function copyOneFile(from: string, to: string, { owner }: CopyOptions): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  } catch (cause) {
    if (isGone(cause)) return;
    throw cause;
  }
  if (owner) await lchown(to, owner.uid, owner.gid);
}

/** Not by `instanceof Error`: in Jest, Node's own errors come from another realm. */
function isGone(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT';
}

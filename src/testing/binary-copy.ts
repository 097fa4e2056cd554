import {
  chown,
  lstat,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { copyFolder } from './copy-folder.js';
import type { RunFolder } from './run-folder.js';

const PREFIX = 'pgrouting-binaries-';
/** Each takes some 60 MB. More than these go when another one is made, unless a server was started from them within a day. */
const MOST_COPIES = 3;
const IN_USE_MS = 86_400_000;

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Whether the package's folder cannot be used as it lies there: npm did not run the package's postinstall, which makes
 * links to its libraries, or the servers run as a user who may not be able to enter.
 */
export async function needsCopy(native: string, folder: RunFolder): Promise<boolean> {
  if (folder.user) return true;
  const found = await Promise.all(
    (await linksOf(native)).map(({ target }) => exists(join(native, '..', target))),
  );
  return found.includes(false);
}

/** A copy with its links, made once for each version and user, and kept. */
export async function copyBinaries(native: string, folder: RunFolder): Promise<string> {
  const kept = await keptFolder(native, folder);
  const now = new Date();
  if (await isUsable(native, kept, folder)) {
    await utimes(kept, now, now);
    return kept;
  }
  await removeUnused(kept, now);
  const fresh = folder.join('native');
  await copyFolder(native, fresh, { owner: folder.user, includes: isNeeded });
  await restoreLinks(native, fresh, folder);
  return (await isKept(fresh, kept, native, folder)) ? kept : fresh;
}

/**
 * All at once, so that nobody sees half of it. Where another run was first, its copy is as good. Where the place is
 * taken by somebody else, or by what a cleaner of old files left, this run uses its own.
 */
async function isKept(fresh: string, kept: string, native: string, folder: RunFolder): Promise<boolean> {
  try {
    await rename(fresh, kept);
    return true;
  } catch {
    if (!(await isUsable(native, kept, folder))) return false;
    await rm(fresh, { recursive: true, force: true });
    return true;
  }
}

/** Of other versions, for the same user. */
async function removeUnused(kept: string, now: Date): Promise<void> {
  const [parent, ofUser] = [dirname(kept), kept.slice(kept.lastIndexOf('-'))];
  const names = (await readdir(parent)).filter((name) => name.startsWith(PREFIX) && name.endsWith(ofUser));
  const copies = await Promise.all(
    names.map(async (name) => ({
      path: join(parent, name),
      usedMs: (await lstat(join(parent, name))).mtimeMs,
    })),
  );
  const old = copies.toSorted((a, b) => b.usedMs - a.usedMs).slice(MOST_COPIES - 1);
  for (const { path, usedMs } of old)
    if (now.getTime() - usedMs > IN_USE_MS)
      await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

async function keptFolder(native: string, { user }: RunFolder): Promise<string> {
  const { name, version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8'));
  const uid = user?.uid ?? process.geteuid?.() ?? 0;
  return join(await realpath(tmpdir()), `${PREFIX}${basename(name)}-${version}-${uid}`);
}

/** Only the servers' user may have written it, and it must be whole: cleaners of old files take single files. */
async function isUsable(native: string, kept: string, { user }: RunFolder): Promise<boolean> {
  const found = await lstat(kept).catch(() => undefined);
  const isOwned = found?.isDirectory() === true && found.uid === (user?.uid ?? process.geteuid?.());
  if (!isOwned || (found.mode & 0o022) !== 0) return false;
  const expected = (await filesOf(native)).filter(isNeeded);
  const links = (await linksOf(native)).map(({ target }) => target.slice('native/'.length));
  const copied = new Set(await filesOf(kept));
  return [...expected, ...links].every((path) => copied.has(path));
}

async function restoreLinks(native: string, fresh: string, { user }: RunFolder): Promise<void> {
  for (const { source, target } of await linksOf(native)) {
    const path = join(fresh, '..', target);
    if (await exists(path)) continue;
    await symlink(basename(source), path);
  }
  if (user) await chown(fresh, user.uid, user.gid);
}

async function linksOf(native: string): Promise<Link[]> {
  try {
    return JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'));
  } catch {
    return [];
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** Not what is for compiling against PostgreSQL. */
function isNeeded(path: string): boolean {
  return !path.endsWith('.a') && basename(path) !== 'pkgconfig' && basename(dirname(path)) !== 'pkgconfig';
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

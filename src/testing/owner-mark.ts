import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

const PREFIX = 'pgrouting';

/** What a run's folder is called: `pgrouting-<place>-<start>-<pid>-`, and six letters by mkdtemp. */
export function ownerMark(pid = process.pid): string {
  return `${PREFIX}-${place()}-${short(startOf(pid) ?? 'gone')}-${pid}-`;
}

/**
 * Whether a folder belongs to a process of this machine (or container) that is gone. A pid alone is not enough: it may
 * have been given to another process since, and in another container it means another process.
 */
export function isAbandoned(folder: string): boolean {
  const pid = new RegExp(`^${PREFIX}-${place()}-[0-9a-f]{6}-(\\d+)-\\w{6}$`).exec(folder)?.[1];
  return pid !== undefined && !folder.startsWith(ownerMark(Number(pid)));
}

function place(): string {
  let pidNamespace = '';
  try {
    pidNamespace = readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux: no containers that share a folder of temporary files.
  }
  return short(`${hostname()} ${pidNamespace}`);
}

function startOf(pid: number): string | undefined {
  try {
    // The name, in brackets, may hold spaces: the start is the 20th field after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return stdout?.trim() || undefined;
  }
}

function short(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 6);
}

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ListedProcess {
  readonly pid: number;
  readonly isStopped: boolean;
  readonly command: string;
}

/** What the processes of one server have in their command lines. */
export interface ServerMark {
  readonly dataFolder: string;
  readonly clusterName: string;
}

/**
 * A server's postmaster and all its children, also those forked a moment ago, which still carry the postmaster's
 * command line. Zombies have none. Nothing is remembered by pid, so no foreign process is ever among them.
 */
export function listServerProcesses({ dataFolder, clusterName }: ServerMark): ListedProcess[] {
  return (fromProc() ?? fromPs()).filter(
    ({ command }) =>
      command.includes(`postgres -D ${dataFolder} `) || command.startsWith(`postgres: ${clusterName}: `),
  );
}

function fromProc(): ListedProcess[] | undefined {
  let names: string[];
  try {
    readFileSync('/proc/self/stat');
    names = readdirSync('/proc');
  } catch {
    return undefined;
  }
  return names.filter((name) => /^\d+$/.test(name)).flatMap((name) => readProcess(Number(name)) ?? []);
}

function readProcess(pid: number): ListedProcess | undefined {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return { pid, command, isStopped: stat.charAt(stat.lastIndexOf(')') + 2) === 'T' };
  } catch {
    return undefined;
  }
}

function fromPs(): ListedProcess[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,stat=,command='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid && state && command ? { pid: Number(pid), command, isStopped: state.startsWith('T') } : [];
  });
}

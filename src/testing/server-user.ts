import { spawnSync } from 'node:child_process';

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** 65534 is nobody on every Linux; macOS has its own number. */
const NOBODY = 65_534;

/** Whom the servers run as when it cannot be us: PostgreSQL refuses root. `undefined`: as ourselves. */
export function serverUser(): ServerUser | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  return { uid: idOfNobody('-u'), gid: idOfNobody('-g') };
}

function idOfNobody(flag: '-u' | '-g'): number {
  const { stdout } = spawnSync('id', [flag, 'nobody'], { encoding: 'utf8' });
  const id = Number.parseInt(stdout ?? '', 10);
  return Number.isNaN(id) ? NOBODY : id;
}

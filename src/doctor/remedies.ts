/*
 * Lines to paste. Those of SQL are for psql on the engine's own server, unless they end with `-- on the master`.
 */

/** Roles, databases and grants are made on the master, from which slaves have them. */
export function onMaster(sql: string): string {
  return `${sql};  -- on the master`;
}

/** `value` is written as in SQL, with its quotes. */
export function alterSystem(setting: string, value: string): string {
  return `ALTER SYSTEM SET ${setting} = ${value}; ${RELOAD}`;
}

export const RELOAD = 'SELECT pg_reload_conf();';

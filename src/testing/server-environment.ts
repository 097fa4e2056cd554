/**
 * The whole environment of initdb and postgres: PGDATA, PGPORT, LC_ALL or TZ of the one who runs the tests must not change
 * what the servers do.
 */
export const SERVER_ENVIRONMENT: Readonly<Record<string, string>> = Object.freeze({
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
});

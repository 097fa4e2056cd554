/**
 * SQL that tells one run of a server from the next, in microseconds. A slave shows less than before after each of them: also
 * where only its processes were started anew because one had crashed, which the time of the postmaster's start doesn't
 * show, but that of the statistics', which are lost then.
 */
export const SERVER_RUN = `(extract(epoch from greatest(pg_postmaster_start_time(),
  (select stats_reset from pg_stat_bgwriter))) * 1000000)::bigint::text`;

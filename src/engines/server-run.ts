/**
 * SQL that tells one run of a server from the next, in microseconds. A slave shows less than before after each of them: also
 * where only its processes were started anew because one had crashed, which the time of the postmaster's start doesn't
 * show, but that of the statistics', which are lost then.
 */
export const SERVER_RUN = `(extract(epoch from greatest(pg_postmaster_start_time(),
  (select stats_reset from pg_stat_bgwriter))) * 1000000)::bigint::text`;

/**
 * SQL that tells a server's timeline. Plain users may not see where a slave streams from, but the control file is open: there a
 * slave notes another timeline at its next restart point.
 */
export const SERVER_TIMELINE = `greatest((select timeline_id from pg_control_checkpoint()),
  (select min_recovery_end_timeline from pg_control_recovery()),
  (select received_tli from pg_stat_wal_receiver))`;

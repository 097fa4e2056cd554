import type { PostgresSetting } from './replicated-postgres.options.js';

/**
 * What every server starts with; a user's settings come after it and win. full_page_writes stays on: a server killed
 * while it writes a block can leave half of it. synchronous_commit stays what PostgreSQL says.
 */
export const SERVER_SETTINGS: Readonly<Record<string, PostgresSetting>> = Object.freeze({
  fsync: false,
  wal_level: 'replica',
  hot_standby: true,
  max_connections: 100,
  max_wal_senders: 16,
  // A slave that was down for long, and a fresh one after its base backup, must still find all of the log.
  wal_keep_size: '1GB',
  max_wal_size: '1GB',
  shared_buffers: '32MB',
  // Files in the data folder go with it; segments in /dev/shm would outlive a killed server, and Docker gives 64 MB.
  dynamic_shared_memory_type: 'mmap',
  wal_receiver_status_interval: '1s',
  // How soon a slave comes back to a master that was away.
  wal_retrieve_retry_interval: '100ms',
});

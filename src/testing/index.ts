export { startReplicatedPostgres } from './start-replicated-postgres.js';
export type { PostgresSetting, ReplicatedPostgresOptions } from './replicated-postgres.options.js';
export { ReplicatedPostgres } from './replicated-postgres.js';
export { PostgresServer, type PostgresConnection } from './postgres-server.js';
export { PostgresSlave } from './postgres-slave.js';
export { ReplicatedPostgresError, type ReplicatedPostgresErrorCode } from './replicated-postgres.error.js';

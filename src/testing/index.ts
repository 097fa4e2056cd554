export { startReplicatedPostgres } from './start-replicated-postgres.js';
export type { PostgresSetting, ReplicatedPostgresOptions } from './replicated-postgres.options.js';
export { ReplicatedPostgres } from './replicated-postgres.js';
export { PostgresServer, type PostgresConnection } from './postgres-server.js';
export { PostgresSlave } from './postgres-slave.js';
export { startFaultProxy } from './fault-proxy/start-fault-proxy.js';
export { FaultProxy } from './fault-proxy/fault-proxy.js';
export { ReplicatedPostgresError, type ReplicatedPostgresErrorCode } from './replicated-postgres.error.js';
export { checkConsistency } from './consistency/check-consistency.js';
export type { ConsistencyOptions, ConsistencyProgress, Fault } from './consistency/consistency.options.js';
export type {
  ConsistencyClient,
  ConsistencyDriver,
  ListReading,
  RegisterReading,
  Written,
} from './consistency/consistency-driver.js';
export { ConsistencyStore } from './consistency/consistency-store.js';
export { knexDriver } from './consistency/knex.driver.js';
export { httpDriver, type HttpDriverOptions } from './consistency/http.driver.js';
export { ANOMALY_KINDS, type Anomaly, type AnomalyKind, type AnomalyLink } from './consistency/anomaly.js';
export type { Operation } from './consistency/operation.js';
export type {
  CallCounts,
  ConsistencyReport,
  EngineReads,
  ErrorCount,
  FaultReport,
} from './consistency/consistency-report.js';
export { explainAnomaly, formatReport } from './consistency/format-report.js';
export {
  RecordedEngines,
  recordEngines,
  type RecordedEnginesOptions,
  type RecordedQuery,
} from './recorded/recorded-engines.js';
export { routingMatchers, type RoutingMatchers } from './recorded/routing-matchers.js';

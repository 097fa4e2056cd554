export { DatabaseRoutingModule } from './nest/database-routing.module.js';
export type { DatabaseRoutingModuleExtras } from './nest/database-routing.module-definition.js';
export type { DatabaseRoutingOptions } from './options/database-routing-options.js';
export type { EngineOptions, SlaveOptions } from './options/engine-options.js';
export { optionsFromEnv, type OptionsFromEnvSettings } from './options/options-from-env.js';
export type { BookmarkOptions, BookmarkStore, CookieOptions } from './options/bookmark-options.js';
export type { FailoverOptions, HealthOptions, MasterBudgetOptions } from './options/health-options.js';
export type { CookielessOptions, PinOptions, PinnedHandler } from './options/pin-options.js';
export type { SlaveSource } from './options/slave-source.js';
export {
  fromDns,
  type DnsAddress,
  type DnsOptions,
  type DnsResolver,
  type SrvRecord,
} from './discovery/from-dns.js';
export type { RoutingLogger } from './routing-logger.js';
export {
  WithEngine,
  type MasterParams,
  type WithEngineOptions,
} from './nest/decorators/with-engine.decorator.js';
export { DbWrite } from './nest/decorators/db-write.decorator.js';
export { Consistency } from './nest/decorators/consistency.decorator.js';
export { UsingEngine } from './nest/decorators/using-engine.decorator.js';
export { RunAsJob } from './nest/decorators/run-as-job.decorator.js';
export {
  InjectBalancedSession,
  InjectDatabaseRouting,
  InjectKnex,
  getBalancedSessionToken,
  getDatabaseRoutingToken,
  getKnexToken,
} from './nest/tokens.js';
export { createDatabaseRouting } from './create-database-routing.js';
export type { RunOptions } from './context/run-options.js';
export type { Mode } from './options/mode.js';
export { DatabaseRouting } from './database-routing.js';
export type { RoutingStatus } from './routing-status.js';
export type { Diagnosis, DoctorOptions, EngineDiagnosis } from './doctor/doctor.js';
export type { Finding, FindingCode, Severity } from './doctor/finding.js';
export type { CarriedFaults } from './clients/carried-faults.js';
export type { Context, ContextKind, EngineChoice } from './context/context.js';
export type { HttpRequest } from './context/http-request.js';
export { type BoundedStaleness, bounded } from './context/consistency.js';
export { BalancedSession } from './knex/balanced-session.js';
export type { RoutedKnex } from './knex/routed-knex.js';
export type { SessionMethods } from './knex/session-methods.js';
export type { Intent } from './intent/intent.js';
export type { ClassifySql } from './intent/intent.js';
export type { Reason } from './routing/decision.js';
export type { RoutingEventMap, RoutingEvents } from './routing/decision-announcer.js';
export type {
  FoundReadThenWrite,
  HeldStatement,
  ReadShare,
  ReportedHandler,
  ReportedShape,
  RoutingReport,
  StayingReads,
} from './routing/routing-report.js';
export type { Explanation, SkippedRule } from './routing/explanation.js';
export type { QueryRouter, RoutableQuery } from './options/query-router.js';
export type { BalancedSlave, Balancer, BalancerName, RandomSource } from './balancer/balancer.js';
export { LeastBusyBalancer } from './balancer/least-busy.balancer.js';
export { RandomBalancer } from './balancer/random.balancer.js';
export { RoundRobinBalancer } from './balancer/round-robin.balancer.js';
export type { EngineState, EngineStateKind } from './engines/engine-state.js';
export type { EngineStatus } from './health/engine-status.js';
export type { Engine, EngineRole } from './engines/engine.js';
export type { EngineRegistry } from './engines/engine-registry.js';
export {
  ConnectionSettingsError,
  DatabaseRoutingError,
  InvalidOptionsError,
  MasterBehindError,
  NoContextError,
  ReadThenWriteError,
  SlavesUnavailableError,
  TwoMastersError,
  UnknownEngineError,
  WriteFailedError,
  WriteOnSlaveError,
} from './errors.js';

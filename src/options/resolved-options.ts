import type { Knex } from 'knex';
import type { Balancer, BalancerName } from '../balancer/balancer.js';
import type { ClassifySql } from '../intent/intent.js';
import type { Consistency } from '../context/consistency.js';
import type { EngineChoice } from '../context/context.js';
import type { ResolvedBookmarkOptions } from './resolve-bookmark-options.js';
import type {
  ResolvedFailoverOptions,
  ResolvedHealthOptions,
  ResolvedMasterBudget,
} from './resolve-health-options.js';
import type { ResolvedPinOptions } from './resolve-pin-options.js';
import type { Mode } from './mode.js';
import type { QueryRouter } from './query-router.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { SlaveSource } from './slave-source.js';

export interface ResolvedEngineOptions {
  readonly name: string;
  readonly weight: number;
  /** Everything Knex needs for the engine, what is shared included. */
  readonly config: Knex.Config;
}

/** What the user says of reads. */
export interface ResolvedRules {
  readonly router: QueryRouter | undefined;
  readonly tables: Readonly<Record<string, EngineChoice>>;
  readonly reads: 'slaves' | 'master';
  readonly consistency: Consistency;
}

/** A user's source, called as a method of its own. */
export type ResolvedSlaveSource = Readonly<Required<SlaveSource>>;

/** Options after `resolveOptions`: checked, complete, never looked at again for defaults. */
export interface ResolvedOptions {
  readonly name: string;
  readonly shared: Knex.Config;
  readonly master: ResolvedEngineOptions;
  readonly slaves: readonly ResolvedEngineOptions[];
  /** Undefined where slaves are listed. */
  readonly slaveSource: ResolvedSlaveSource | undefined;
  readonly mode: Mode;
  readonly balancer: BalancerName | Balancer;
  readonly slavePer: 'context' | 'query';
  readonly rules: ResolvedRules;
  readonly bookmark: ResolvedBookmarkOptions;
  readonly pin: ResolvedPinOptions;
  readonly readThenWrite: 'warn' | 'refuse' | 'off';
  readonly noContext: 'master' | 'refuse';
  readonly classify: ClassifySql | undefined;
  readonly health: ResolvedHealthOptions;
  readonly failover: ResolvedFailoverOptions;
  readonly hedge: boolean;
  readonly retryWrites: 'never' | 'safe';
  readonly masterBudget: ResolvedMasterBudget;
  readonly exposeDecisions: boolean;
  readonly logger: RoutingLogger;
}

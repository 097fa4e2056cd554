import type { FailoverOptions, HealthOptions, MasterBudgetOptions } from './health-options.js';

export type ResolvedHealthOptions = Readonly<Required<HealthOptions>>;

/** `enabled: false`: the configured master stays the master. */
export type ResolvedFailoverOptions = Readonly<Required<FailoverOptions> & { enabled: boolean }>;

export type ResolvedMasterBudget = Readonly<Required<MasterBudgetOptions>>;

const HEALTH_DEFAULTS: ResolvedHealthOptions = {
  intervalMs: 500,
  timeoutMs: 1_000,
  maxLagMs: 30_000,
  maxLagBytes: Infinity,
  slowMs: 25,
  slowStartMs: 5_000,
};

const FAILOVER_DEFAULTS: Required<FailoverOptions> = { waitMs: 5_000 };

const BUDGET_DEFAULTS: ResolvedMasterBudget = {
  perSecond: Infinity,
  share: 1,
  otherwise: 'refuse',
  waitMs: 1_000,
};

export function resolveHealthOptions(options: HealthOptions = {}): ResolvedHealthOptions {
  return complete(options, HEALTH_DEFAULTS);
}

export function resolveFailoverOptions(options: FailoverOptions | false = {}): ResolvedFailoverOptions {
  if (options === false) return Object.freeze({ waitMs: 0, enabled: false });
  return Object.freeze({ ...complete(options, FAILOVER_DEFAULTS), enabled: true });
}

export function resolveMasterBudget(options: MasterBudgetOptions = {}): ResolvedMasterBudget {
  return complete(options, BUDGET_DEFAULTS);
}

/** Not written is the default, and so is undefined. */
function complete<Options extends object>(options: Partial<Options>, defaults: Options): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...defaults, ...(Object.fromEntries(given) as Partial<Options>) });
}

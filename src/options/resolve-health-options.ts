import { checkKeys, checkObject, checkOneOf, refuse } from './check.js';
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
  const resolved = complete('health', options, HEALTH_DEFAULTS);
  for (const [key, value] of Object.entries(resolved)) {
    const isLimit = key.startsWith('max') || key.startsWith('slow');
    checkNumber(`health.${key}`, value, isLimit ? 'a number, 0 or more' : 'a number above 0', !isLimit);
  }
  return resolved;
}

export function resolveFailoverOptions(options: FailoverOptions | false = {}): ResolvedFailoverOptions {
  if (options === false) return Object.freeze({ waitMs: 0, enabled: false });
  const resolved = complete('failover', options, FAILOVER_DEFAULTS);
  checkNumber('failover.waitMs', resolved.waitMs, 'a number of ms, 0 or more', false);
  return Object.freeze({ ...resolved, enabled: true });
}

export function resolveMasterBudget(options: MasterBudgetOptions = {}): ResolvedMasterBudget {
  const resolved = complete('masterBudget', options, BUDGET_DEFAULTS);
  const { perSecond, share, waitMs, otherwise } = resolved;
  checkNumber('masterBudget.perSecond', perSecond, 'a number, 0 or more', false);
  checkNumber('masterBudget.share', share, 'a number from 0 up to 1', false);
  if (share > 1) refuse('masterBudget.share', 'a number from 0 up to 1', share);
  checkNumber('masterBudget.waitMs', waitMs, 'a number of ms, 0 or more', false);
  checkOneOf('masterBudget.otherwise', otherwise, ['refuse', 'wait', 'stale']);
  return resolved;
}

/** Not written is the default, and so is undefined. */
function complete<Options extends object>(
  path: string,
  options: Partial<Options>,
  defaults: Options,
): Options {
  checkObject(path, options as unknown);
  checkKeys(path, options, Object.keys(defaults));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...defaults, ...(Object.fromEntries(given) as Partial<Options>) });
}

function checkNumber(path: string, value: unknown, expected: string, aboveZero: boolean): void {
  if (typeof value !== 'number' || !(aboveZero ? value > 0 : value >= 0)) refuse(path, expected, value);
}

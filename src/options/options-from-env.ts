import type { DatabaseRoutingOptions } from './database-routing-options.js';
import type { Target } from './env-table.js';
import { SET_VARIABLES, SLAVE_VARIABLES } from './env-variables.js';
import { likelyMeant } from './likely-typo.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Record<string, unknown>;

/** How `optionsFromEnv` tells of variables that are likely misspelt. */
export interface OptionsFromEnvSettings {
  /** Gets each warning, a sentence or two. Default: `process.emitWarning`, which prints it to stderr. */
  warn?(message: string): void;
}

const MASTER_URL = SET_VARIABLES.get('MASTER_URL')!;

/** What speaks of an engine, and so was meant for us. */
const OF_AN_ENGINE = /^(?:MASTER_|SLAVE)/;

/** Longest first, since a slave's name may hold underscores, and words such as `POOL`. */
const SLAVE_ENDINGS = [...SLAVE_VARIABLES.keys()].toSorted((a, b) => b.length - a.length);

/**
 * Options from flat variables, as TurboGears has them in its configuration: `DATABASE_MASTER_URL`,
 * `DATABASE_SLAVES_SLAVE1_URL` (the slave `slave1`: names come out in lower case), `DATABASE_SLAVES_SLAVE1_WEIGHT`, and all
 * other options that a text can say, by their path: `DATABASE_BOOKMARK_WAIT_MS` is `bookmark.waitMs`, `DATABASE_POOL_MAX` is
 * `pool.max`, and `DATABASE_MASTER_POOL_MAX` that of the master. `DATABASE_CLIENT` is `pg` unless given. `DATABASE_URL`, which
 * many hosts set, is the master's where `DATABASE_MASTER_URL` is not there.
 *
 * Variables that it doesn't know are the app's own and left alone; one that is likely a misspelt one is a warning. Throws
 * `InvalidOptionsError` for a value that can't be read.
 */
export function optionsFromEnv(
  env: Environment,
  prefix = 'DATABASE_',
  { warn = emitWarning }: OptionsFromEnvSettings = {},
): DatabaseRoutingOptions {
  const options: Values = { __proto__: null, client: 'pg' };
  for (const [variable, value] of Object.entries(env)) {
    const name = variable.startsWith(prefix) ? variable.slice(prefix.length) : undefined;
    if (name === undefined || value === undefined) continue;
    const target = name === 'URL' ? urlTarget(env, prefix) : (SET_VARIABLES.get(name) ?? slaveTarget(name));
    if (target) setAt(options, target.path, target.read(value, variable));
    else if (name !== 'URL') warnOfTypo(name, prefix, warn);
  }
  return options as unknown as DatabaseRoutingOptions;
}

function urlTarget(env: Environment, prefix: string): Target | undefined {
  return env[`${prefix}MASTER_URL`] === undefined ? MASTER_URL : undefined;
}

function slaveTarget(name: string): Target | undefined {
  const rest = /^SLAVES_(.+)$/.exec(name)?.[1] ?? '';
  const ending = SLAVE_ENDINGS.find((one) => rest.endsWith(`_${one}`) && rest.length > one.length + 1);
  if (ending === undefined) return undefined;
  const { path, read } = SLAVE_VARIABLES.get(ending)!;
  return { path: ['slaves', rest.slice(0, -ending.length - 1).toLowerCase(), ...path], read };
}

/** What is turned off stays off, whatever else is said of it. */
function setAt(values: Values, [key = '', ...deeper]: readonly string[], value: unknown): void {
  if (value === undefined || values[key] === false) return;
  if (deeper.length === 0) values[key] = value;
  else setAt((values[key] ??= { __proto__: null }) as Values, deeper, value);
}

function warnOfTypo(name: string, prefix: string, warn: (message: string) => void): void {
  const ignored = `${prefix}${name} is not a variable of database routing, and ignored.`;
  const meant = likelyMeant(name, ['URL', ...SET_VARIABLES.keys()]);
  if (meant !== undefined) return warn(`${ignored} Was ${prefix}${meant} meant?`);
  if (!OF_AN_ENGINE.test(name) && !SLAVE_VARIABLES.has(name)) return;
  const taken = [...SLAVE_VARIABLES.keys()].filter((one) => !one.startsWith('POOL_')).join(', ');
  warn(
    `${ignored} Slaves take ${taken} and POOL_…, as in ${prefix}SLAVES_SLAVE1_URL; the master all but WEIGHT.`,
  );
}

function emitWarning(message: string): void {
  process.emitWarning(message, { code: 'DATABASE_ROUTING_ENV' });
}

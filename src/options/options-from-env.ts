import { InvalidOptionsError } from '../errors.js';
import type { DatabaseRoutingOptions } from './database-routing-options.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Values = Record<string, unknown>;
type Read = (text: string, variable: string) => unknown;

const text: Read = (value) => value;
const list: Read = (value) => value.split(',').map((part) => part.trim());

const number: Read = (value, variable) => {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) throw expected(variable, 'a number', value);
  return parsed;
};

const flag: Read = (value, variable) => {
  if (value !== 'true' && value !== 'false') throw expected(variable, 'true or false', value);
  return value === 'true';
};

/** What may follow an engine's name, and where it goes. */
const ENGINE_VARIABLES: Readonly<Record<string, readonly [path: string, read: Read]>> = {
  URL: ['connection', text],
  WEIGHT: ['weight', number],
  POOL_MIN: ['pool.min', number],
  POOL_MAX: ['pool.max', number],
  POOL_IDLE_TIMEOUT_MILLIS: ['pool.idleTimeoutMillis', number],
  ACQUIRE_CONNECTION_TIMEOUT: ['acquireConnectionTimeout', number],
  SEARCH_PATH: ['searchPath', list],
  VERSION: ['version', text],
};

const { URL: _url, WEIGHT: _weight, ...SHARED_VARIABLES } = ENGINE_VARIABLES;

const SET_VARIABLES: typeof ENGINE_VARIABLES = {
  CLIENT: ['client', text],
  BALANCER: ['balancer', text],
  READS: ['reads', text],
  EXPOSE_DECISIONS: ['exposeDecisions', flag],
  DEBUG: ['debug', flag],
  URL: ['master.connection', text],
  ...SHARED_VARIABLES,
};

/**
 * Options from flat variables, as TurboGears has them in its configuration: `DATABASE_MASTER_URL`,
 * `DATABASE_SLAVES_SLAVE1_URL` (the slave `slave1`: names come out in lower case), `DATABASE_SLAVES_SLAVE1_WEIGHT`,
 * `DATABASE_MASTER_POOL_MAX`, and without an engine's name for all of them (`DATABASE_POOL_MAX`, `DATABASE_CLIENT`,
 * which is `pg` unless given). `DATABASE_URL`, which many hosts set, is the master's where `DATABASE_MASTER_URL` is not there. Throws `InvalidOptionsError` for a variable with the prefix that it doesn't know.
 */
export function optionsFromEnv(env: Environment, prefix = 'DATABASE_'): DatabaseRoutingOptions {
  const options: Values = { __proto__: null, client: 'pg' };
  const hasMaster = env[`${prefix}MASTER_URL`] !== undefined;
  for (const [variable, value] of Object.entries(env)) {
    const name = variable.startsWith(prefix) ? variable.slice(prefix.length) : undefined;
    if (name === undefined || value === undefined || (name === 'URL' && hasMaster)) continue;
    const [path, read] = target(variable, name);
    setAt(options, path, read(value, variable));
  }
  return options as unknown as DatabaseRoutingOptions;
}

function target(variable: string, name: string): readonly [path: string[], read: Read] {
  const master = /^MASTER_(.+)$/.exec(name)?.[1];
  const known = master === undefined ? SET_VARIABLES[name] : ENGINE_VARIABLES[master];
  if (known) return [[...(master === undefined ? [] : ['master']), ...known[0].split('.')], known[1]];
  return slaveTarget(variable, name);
}

/** A slave's name may hold underscores, so it is what stands before the longest ending that is known. */
function slaveTarget(variable: string, name: string): readonly [path: string[], read: Read] {
  const rest = /^SLAVES_(.+)$/.exec(name)?.[1] ?? '';
  const endings = Object.keys(ENGINE_VARIABLES).toSorted((a, b) => b.length - a.length);
  const ending = endings.find((one) => rest.endsWith(`_${one}`) && rest.length > one.length + 1);
  const known = ending === undefined ? undefined : ENGINE_VARIABLES[ending];
  if (ending === undefined || !known) {
    throw new InvalidOptionsError(
      `${variable} is not a variable of database routing. Engines take ${Object.keys(ENGINE_VARIABLES).join(', ')}, ` +
        `as in DATABASE_SLAVES_SLAVE1_URL; the whole set ${Object.keys(SET_VARIABLES).join(', ')}.`,
    );
  }
  return [['slaves', rest.slice(0, -ending.length - 1).toLowerCase(), ...known[0].split('.')], known[1]];
}

function setAt(values: Values, path: readonly string[], value: unknown): void {
  const [key = '', ...deeper] = path;
  if (deeper.length === 0) values[key] = value;
  else setAt((values[key] ??= { __proto__: null }) as Values, deeper, value);
}

function expected(variable: string, what: string, got: string): InvalidOptionsError {
  return new InvalidOptionsError(`${variable} must be ${what}, got '${got}'`);
}

import { bounded } from '../context/consistency.js';
import { InvalidOptionsError } from '../errors.js';

/** Makes an option's value of a variable's text; undefined: as if it were not set. Throws `InvalidOptionsError`. */
export type Read = (text: string, variable: string) => unknown;

export const text: Read = (value) => value;

/** `app, public` */
export const list: Read = (value) => value.split(',').map((part) => part.trim());

/** `new,old` is a list, `new` a text. */
export const oneOrMore: Read = (value, variable) => {
  const parts = list(value, variable) as string[];
  return parts.length > 1 ? parts : value;
};

export const number: Read = (value, variable) => {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed)) throw expected(variable, 'a number', value);
  return parsed;
};

export const flag: Read = (value, variable) => {
  if (value !== 'true' && value !== 'false') throw expected(variable, 'true or false', value);
  return value === 'true';
};

/** `false` turns something off that other variables describe. */
export const off: Read = (value, variable) => (flag(value, variable) ? undefined : false);

export const textOrOff: Read = (value) => (value === 'false' ? false : value);

/** `sessions:master, logs:slave1` */
export const pairs: Read = (value, variable) => {
  const entries = (list(value, variable) as string[]).map((part) => part.split(':').map((one) => one.trim()));
  if (entries.some((entry) => entry.length !== 2 || entry.includes('')))
    throw expected(variable, 'tables with their engines, as in sessions:master,logs:slave1', value);
  return Object.fromEntries(entries) as unknown;
};

/** A name, or `bounded(500)`. */
export const consistency: Read = (value, variable) => {
  const ms = /^bounded\((\d+)\)$/.exec(value)?.[1];
  if (ms !== undefined && Number(ms) > 0) return bounded(Number(ms));
  if (value === 'session' || value === 'eventual' || value === 'strong') return value;
  throw expected(variable, 'session, eventual, strong or, for a bound in ms, as in bounded(500)', value);
};

function expected(variable: string, what: string, got: string): InvalidOptionsError {
  return new InvalidOptionsError(`${variable} must be ${what}, got '${got}'`);
}

import { InvalidOptionsError } from '../errors.js';
import { likelyMeant } from './likely-typo.js';

/** Says what was expected and what came: `slaves.slave2.weight must be a number, 0 or more, got -1`. */
export function refuse(path: string, expected: string, got: unknown): never {
  throw new InvalidOptionsError(`${path} must be ${expected}, got ${show(got)}`);
}

/** The path of all options is ''. */
export function checkObject(path: string, value: unknown): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(path || 'The options', 'an object', value);
}

export function checkKeys(path: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const where = path ? `${path} has` : 'The options have';
  const named = unknown.map((key) => `'${key}'${suggestion(key, known)}`).join(', ');
  throw new InvalidOptionsError(`${where} the unknown key ${named}. Known are: ${known.join(', ')}.`);
}

function suggestion(key: string, known: readonly string[]): string {
  const meant = likelyMeant(key, known);
  return meant === undefined ? '' : ` (did you mean '${meant}'?)`;
}

export function checkOneOf<Allowed extends string>(
  path: string,
  value: unknown,
  allowed: readonly Allowed[],
): asserts value is Allowed {
  if (!allowed.some((one) => one === value))
    refuse(path, `one of ${allowed.map((one) => `'${one}'`).join(', ')}`, value);
}

/** A Keyv store, or what does the same for texts. */
export function checkStore(path: string, store: unknown): void {
  const { get, set } = (store ?? {}) as Record<string, unknown>;
  if (typeof get !== 'function' || typeof set !== 'function') refuse(path, 'a Keyv store', store);
}

/** Options hold passwords, so an object is shown by its keys. */
function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value)
    ? 'an array'
    : `an object with the keys ${Object.keys(value).join(', ') || '(none)'}`;
}

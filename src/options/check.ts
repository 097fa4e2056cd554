import { InvalidOptionsError } from '../errors.js';

/** Says what was expected and what came: `slaves.slave2.weight must be a number above 0, got 0`. */
export function refuse(path: string, expected: string, got: unknown): never {
  throw new InvalidOptionsError(`${path} must be ${expected}, got ${show(got)}`);
}

export function checkObject(path: string, value: unknown): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value);
}

export function checkKeys(path: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const where = path ? `${path} has` : 'The options have';
  throw new InvalidOptionsError(
    `${where} the unknown key ${unknown.map((key) => `'${key}'`).join(', ')}. Known are: ${known.join(', ')}.`,
  );
}

export function checkOneOf<Allowed extends string>(
  path: string,
  value: unknown,
  allowed: readonly Allowed[],
): asserts value is Allowed {
  if (!allowed.some((one) => one === value))
    refuse(path, `one of ${allowed.map((one) => `'${one}'`).join(', ')}`, value);
}

export function checkSeconds(path: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0) || !Number.isFinite(value))
    refuse(path, 'a number of seconds above 0', value);
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

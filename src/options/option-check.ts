import { checkKeys, checkObject, checkOneOf, checkStore, refuse } from './check.js';

/** Throws `InvalidOptionsError` for a value that an option can't have. Not asked for undefined, which is the default. */
export type CheckOption = (path: string, value: unknown) => void;

/** A check for each option there is, so that a new one can't be forgotten. */
export type Checks<Options> = Readonly<Record<keyof Options, CheckOption>>;

/** The longest that Node's timers can wait; they take what is longer for 1 ms. */
export const LONGEST_MS = 2_147_483_647;

const is =
  (expected: string, fits: (value: unknown) => boolean): CheckOption =>
  (path, value) => {
    if (!fits(value)) refuse(path, expected, value);
  };

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);

export const flag = is('true or false', (value) => typeof value === 'boolean');
export const text = is('a text', (value) => typeof value === 'string' && value !== '');
export const object: CheckOption = checkObject;
/** Whatever it is, the one who gets it says what is wrong with it. */
export const anything: CheckOption = () => undefined;
export const func = (parameters: string) =>
  is(`a function ${parameters}`, (value) => typeof value === 'function');
export const number = (expected: string, fits: (value: number) => boolean) =>
  is(expected, (value) => isNumber(value) && fits(value));
/** What a timer waits for. */
export const waitMs = number(
  `a number of ms, 0 or more, and ${LONGEST_MS} at the most`,
  (ms) => ms >= 0 && ms <= LONGEST_MS,
);
export const periodMs = number(
  `a number of ms above 0, and ${LONGEST_MS} at the most`,
  (ms) => ms > 0 && ms <= LONGEST_MS,
);
/** What is only compared with: it may be `Infinity`. */
export const limit = number('a number, 0 or more', (value) => value >= 0);
export const seconds = number('a number of seconds above 0', (value) => value > 0 && Number.isFinite(value));
export const textOrTexts = is('a text or a list of texts', (value) =>
  [value].flat().every((one) => typeof one === 'string'),
);
export const store: CheckOption = checkStore;

export const oneOf =
  (...allowed: readonly string[]): CheckOption =>
  (path, value) =>
    checkOneOf(path, value, allowed);

/** A text that looks so. */
export const matching = (expected: string, pattern: RegExp) =>
  is(expected, (value) => typeof value === 'string' && pattern.test(value));

/** Turned off by false, or what `check` takes. */
export const unlessOff =
  (check: CheckOption): CheckOption =>
  (path, value) => {
    if (value !== false) check(path, value);
  };

/** An object of these options and no others. */
export const group =
  (parts: Readonly<Record<string, CheckOption>>): CheckOption =>
  (path, value) => {
    checkObject(path, value);
    checkKeys(path, value, Object.keys(parts));
    checkParts(path, value, parts);
  };

/** What is not undefined. */
export function checkParts(path: string, value: object, parts: Readonly<Record<string, CheckOption>>): void {
  for (const [key, check] of Object.entries(parts)) {
    const part = (value as Record<string, unknown>)[key];
    if (part !== undefined) check(path ? `${path}.${key}` : key, part);
  }
}

import type { Read } from './env-readers.js';

/** An option that holds others, and perhaps may be given whole. */
interface Group {
  readonly parts: Readonly<Record<string, Entry>>;
  readonly whole?: Read;
}

/** How an option is read from a variable's text; undefined where text can't say it: functions, objects. */
type Entry = Read | Group | undefined;

/** Each option there is, so that a new one can't be forgotten here. */
export type Each<Options> = Readonly<Record<keyof Options, Entry>>;

/** Where a variable's value goes. */
export interface Target {
  readonly path: readonly string[];
  readonly read: Read;
}

/** Variables by their names, which are the options' paths: `BOOKMARK_WAIT_MS` for `bookmark.waitMs`. */
export function variablesOf(
  entries: Readonly<Record<string, Entry>>,
  outer: readonly string[] = [],
): [name: string, target: Target][] {
  return Object.entries(entries).flatMap(([key, entry]) => {
    const path = [...outer, key];
    const read = typeof entry === 'function' ? entry : entry?.whole;
    const own: [string, Target][] = read ? [[path.map(inCapitals).join('_'), { path, read }]] : [];
    return typeof entry === 'object' ? [...own, ...variablesOf(entry.parts, path)] : own;
  });
}

function inCapitals(key: string): string {
  return key === 'connection' ? 'URL' : key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

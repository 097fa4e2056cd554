import type { Verdict } from './verdict.js';

/** Verdicts by name, with and without a schema; a second entry of a name can only make it less safe. */
export class Names {
  private readonly safeByName = new Map<string, boolean>();

  add(schema: string, name: string, safe: boolean): void {
    this.narrow(name, safe);
    this.narrow(qualified(schema, name), safe);
  }

  verdict(schema: string | undefined, name: string): Verdict {
    const safe = this.safeByName.get(qualified(schema, name));
    return safe === undefined ? 'unknown' : safe ? 'safe' : 'unsafe';
  }

  /** Names, without schema, that are not safe everywhere. */
  get unsafe(): readonly string[] {
    const found = [...this.safeByName].filter(([key, safe]) => !safe && !key.includes('\0'));
    return found.map(([name]) => name);
  }

  private narrow(key: string, safe: boolean): void {
    this.safeByName.set(key, safe && (this.safeByName.get(key) ?? true));
  }
}

/** A name's key, in its schema where that is known. A NUL, which no name can hold, stands between the two. */
export function qualified(schema: string | undefined, name: string): string {
  return schema === undefined ? name : `${schema}\0${name}`;
}

/** More of what stands behind a name, with and without its schema. */
export function addTo(
  lists: Map<string, readonly string[]>,
  schema: string,
  name: string,
  more: readonly string[],
): void {
  if (more.length === 0) return;
  for (const key of [name, qualified(schema, name)]) lists.set(key, [...(lists.get(key) ?? []), ...more]);
}

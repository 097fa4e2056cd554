import { LRUCache } from 'lru-cache';
import type { Catalogue } from './catalogue.js';
import type { WalkSql } from './named-tables.js';
import { ownNamesIn } from './own-names.js';
import { REMEMBERED } from './query-text.js';

/**
 * What slaves refused as writes although it looked like reads. A function of the app's own is to blame where the server says
 * so, or where it is the only one; it is remembered until the catalogue has another version of it. What can't be told so is
 * remembered by its text, until anything in the catalogue changes.
 */
export class Refusals {
  private readonly texts = new LRUCache<string, true>(REMEMBERED);
  /** By name, with the version that was refused. */
  private readonly functions = new Map<string, string>();
  private catalogue: Catalogue | undefined;

  constructor(private readonly walk: WalkSql) {}

  has(sql: string): boolean {
    return this.texts.has(sql);
  }

  /** Returns whether it is told for all queries that use the same, and not only for this text. */
  learn(sql: string, error: unknown): boolean {
    this.texts.set(sql, true);
    const { catalogue } = this;
    if (!catalogue) return false;
    const suspects = [...ownNamesIn(sql, catalogue, this.walk).functions];
    const { where } = (error ?? {}) as { where?: unknown };
    const named = suspects.filter((name) => typeof where === 'string' && isNamedIn(where, name));
    const blamed = named.length > 0 || suspects.length > 1 ? named : suspects;
    for (const name of blamed) {
      this.functions.set(name, catalogue.versions.of(name));
      catalogue.refuse(name);
    }
    return blamed.length > 0;
  }

  /** Returns whether another catalogue is known than before: what has changed in it is given another chance. */
  follow(catalogue: Catalogue | undefined): boolean {
    if (!catalogue || catalogue === this.catalogue) return false;
    this.catalogue = catalogue;
    this.texts.clear();
    for (const [name, version] of this.functions) {
      if (catalogue.versions.of(name) === version) catalogue.refuse(name);
      else this.functions.delete(name);
    }
    return true;
  }
}

/** The server tells the functions that ran, in its language: `PL/pgSQL function app.f(text) line 1`, `SQL function "f"`. */
function isNamedIn(where: string, name: string): boolean {
  const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return new RegExp(String.raw`(?:^|[\s."])${escaped}["(]`, 'm').test(where);
}

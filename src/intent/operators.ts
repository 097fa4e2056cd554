import type { OperatorRow } from './catalogue-rows.js';
import { Names, addTo, qualified } from './names.js';
import { type Verdict, worst } from './verdict.js';

/** Operators by name, with and without a schema. */
export class Operators {
  private readonly declared = new Names();
  /** Those that the app, or an extension, has made. */
  private readonly own = new Set<string>();
  private readonly calls = new Map<string, readonly string[]>();

  constructor(
    rows: readonly OperatorRow[],
    private readonly ofFunction: (name: string) => Verdict,
  ) {
    for (const [schema, name, stable, calls = []] of rows) {
      this.declared.add(schema, name, stable);
      if (schema !== 'pg_catalog') this.own.add(name);
      addTo(this.calls, schema, name, calls);
    }
  }

  addUnsafe(schema: string, name: string): void {
    this.declared.add(schema, name, false);
  }

  /** `isInDoubt`: whether the app's own may have been changed since. */
  verdict(schema: string | undefined, name: string, isInDoubt: boolean): Verdict {
    const declared = this.declared.verdict(schema, name);
    if (isInDoubt && declared === 'safe' && this.own.has(name)) return 'awaited';
    const calls = this.calls.get(qualified(schema, name)) ?? [];
    return worst([declared, ...calls.map((call) => this.ofFunction(call))]);
  }

  /** By name alone, those that are known to do more than read. */
  get held(): readonly string[] {
    return this.declared.unsafe;
  }
}

import { type Consistency, checkConsistency } from '../context/consistency.js';
import type { EngineChoice } from '../context/context.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { takeCompiled } from '../intent/compiled-query.js';
import type { KnexBuilder, KnexBuilderClass } from '../knex-internals.js';
import { ownSettingsOf, setOwn } from '../dispatch/own-settings.js';
import { isMissedGuard } from './missed-guard-event.js';

// oxlint-disable-next-line typescript/no-explicit-any -- what TypeScript asks of a class that others are mixed into
type Mixable = new (...args: any[]) => KnexBuilder;

/** Knex's builder or raw, with what a query may say of itself. */
export function withOwnSettings(Base: KnexBuilderClass, engines: EngineRegistry) {
  return class extends (Base as Mixable) {
    usingEngine(engine: EngineChoice): this {
      engines.assertChoice(engine, '.usingEngine() of a query');
      setOwn(this, { engine });
      return this;
    }

    override emit(event: string | symbol, ...args: unknown[]): boolean {
      return !isMissedGuard(event, args) && super.emit(event, ...args);
    }

    /** What it compiled to when it was looked into, where a run has just begun. */
    override toSQL(...args: unknown[]): unknown {
      return takeCompiled(this) ?? super.toSQL(...args);
    }

    consistency(consistency: Consistency): this {
      setOwn(this, { consistency: checkConsistency(consistency, '.consistency() of a query') });
      return this;
    }
  };
}

/** The same for query builders, of which Knex makes copies. */
export function queryBuilderClass(QueryBuilder: KnexBuilderClass, engines: EngineRegistry): KnexBuilderClass {
  return class RoutedQueryBuilder extends withOwnSettings(QueryBuilder, engines) {
    override clone(): this {
      const clone = super.clone();
      setOwn(clone, ownSettingsOf(this));
      return clone;
    }
  };
}

import { LRUCache } from 'lru-cache';
import type { Context } from '../context/context.js';
import type { Engine } from '../engines/engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { Freshness } from '../freshness/freshness.js';
import { type Position, START, laterOf } from '../freshness/position.js';
import { isNotOnSlaves } from '../health/engine-failure.js';
import type { TokenBucket } from '../health/token-bucket.js';
import { type MissingName, mayMissName, missingName } from '../intent/missing-name.js';
import type { AskName } from '../intent/name-question.js';
import type { QueryClassifier } from '../intent/query-classifier.js';
import { queryText } from '../intent/query-text.js';
import type { Decided, Decider } from '../routing/decider.js';
import type { QueryFacts } from '../routing/choose.js';
import { type Reason, onceDecided } from '../routing/decision.js';
import type { Attempt } from './retries.js';

/** So many texts are kept from slaves that are behind. */
const MOST_HELD = 1_000;

/** A stranger who sorts by columns that don't exist asks the master no more than so often for them. */
export const NAMES_AT_ONCE = 50;
export const NAMES_PER_SECOND = 50;

/** Reasons by which a slave was chosen that nobody named. */
const CHOSEN: ReadonlySet<Reason> = new Set(['balanced', 'bookmark', 'stale']);

/** What a slave's answer means: it is behind the master's catalogue, has caught up since, or the master would say the same. */
export type Lagging = 'behind' | 'caught-up' | 'no';

/** What it is put together from. */
export interface LaggingCataloguesParts {
  readonly engines: EngineRegistry;
  readonly decider: Pick<Decider, 'leave'>;
  readonly classifier: Pick<QueryClassifier, 'tablesOf' | 'catalogueMayHaveChanged' | 'catalogueChanged'>;
  /** Undefined where positions can't be told: then a slave is asked for what it is behind again and again. */
  readonly freshness: Freshness | undefined;
  readonly askName: AskName;
  /** What keeps names that don't exist from becoming a load on the master. */
  readonly budget: TokenBucket;
}

/**
 * Reads of what a migration has made, while slaves are behind it. The master's catalogue tells them from reads of what does
 * not exist: those never get to the master.
 */
export class LaggingCatalogues {
  /** By text, the position that a slave must have replayed before it is asked for it again. */
  private readonly held = new LRUCache<string, Position>({ max: MOST_HELD });
  private furthest = START;
  /** Questions under way, which all who ask the same share. */
  private readonly asking = new Map<string, Promise<Lagging>>();

  constructor(private readonly parts: LaggingCataloguesParts) {}

  /**
   * A read goes to the master that would go to a slave as the balancer likes, where that is known to be behind for it, or where
   * the catalogue is not there yet to prove that it only reads.
   */
  steer({ builder, awaitsCatalogue = false }: QueryFacts, context: Context, decided: Decided): Decided {
    if (builder === undefined || (this.held.size === 0 && !awaitsCatalogue)) return decided;
    return onceDecided(decided, (decision) => {
      if (awaitsCatalogue && CHOSEN.has(decision.reason)) return this.parts.decider.leave('write', context);
      return this.isHeldFrom(decision.engine, builder)
        ? this.parts.decider.leave('bookmark', context)
        : decision;
    });
  }

  /** What the error of a read on a slave means. Never rejects. */
  async of({ engine, isRead, movable }: Attempt, builder: object, error: unknown): Promise<Lagging> {
    const isAway = isNotOnSlaves(error);
    if (!isRead || !movable || !(isAway || mayMissName(error))) return 'no';
    const sql = queryText(builder);
    const missing = sql === undefined ? undefined : missingName(error, sql);
    if (sql === undefined || (!missing && !isAway)) return 'no';
    const lagging = missing ? await this.ask(engine, missing, builder) : 'behind';
    if (lagging === 'no') return lagging;
    this.parts.classifier.catalogueMayHaveChanged();
    if (lagging === 'behind') await this.hold(sql);
    return lagging;
  }

  /** A slave has other functions or views than those by which the read was proved one: newer ones, or older ones. */
  async lacksVersions(builder: object): Promise<void> {
    this.parts.classifier.catalogueChanged('perhaps');
    const sql = queryText(builder);
    if (sql !== undefined) await this.hold(sql);
  }

  private isHeldFrom(engine: Engine, builder: object): boolean {
    if (engine.role !== 'slave') return false;
    if (this.parts.engines.eligibleSlaves().every((slave) => this.shows(slave, this.furthest))) {
      this.held.clear();
      return false;
    }
    const position = this.held.get(queryText(builder) ?? '');
    return position !== undefined && !this.shows(engine, position);
  }

  private shows(slave: Engine, position: Position): boolean {
    return this.parts.freshness === undefined || this.parts.freshness.replayOf(slave).known >= position;
  }

  /** Asked after the catalogue was, so it covers what that has said. Without an answer the slave is asked again at once. */
  private async hold(sql: string): Promise<void> {
    if (!this.parts.freshness) return;
    try {
      const { position } = await this.parts.freshness.master.ask();
      this.held.set(sql, position);
      this.furthest = laterOf(this.furthest, position);
    } catch {
      // the master can't tell; the read itself will find out whether it can be asked at all
    }
  }

  private ask(slave: Engine, missing: MissingName, builder: object): Promise<Lagging> {
    const tables = missing.kind === 'column' ? this.parts.classifier.tablesOf(builder).names : [];
    const key = JSON.stringify([slave.name, missing, tables]);
    let asked = this.asking.get(key);
    if (!asked) {
      if (!this.parts.budget.take()) return Promise.resolve('no');
      asked = this.compare(slave, missing, tables).finally(() => this.asking.delete(key));
      this.asking.set(key, asked);
    }
    return asked;
  }

  /** Whom a name leads to that has several servers is not known, so there the slave's own catalogue tells nothing. */
  private async compare(slave: Engine, missing: MissingName, tables: readonly string[]): Promise<Lagging> {
    const { askName, engines } = this.parts;
    const [onMaster, onSlave] = await Promise.allSettled([
      askName(engines.master.probes, missing, tables),
      askName(slave.probes, missing, tables),
    ]);
    if (onMaster.status === 'rejected' || onMaster.value === undefined) return 'no';
    const isSame = onSlave.status === 'fulfilled' && onSlave.value === onMaster.value;
    return isSame && !slave.leadsAround ? 'caught-up' : 'behind';
  }
}

import { Observer } from '../dispatch/observer.js';
import { ReadThenWrite } from '../dispatch/read-then-write.js';
import { WouldBe } from '../dispatch/would-be.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { ReportCollector } from '../report/report-collector.js';
import { SILENT_LOGGER } from '../routing-logger.js';
import type { Decider } from '../routing/decider.js';
import type { RoutingEvents } from '../routing/decision-announcer.js';
import type { Known } from './create-decider.js';

/** What looks on at queries: for the report, and for reads that decide writes. */
export interface Lookers {
  readonly observer: Observer;
  /** Undefined where nobody asks for it. */
  readonly readThenWrite: ReadThenWrite | undefined;
  /** Whether what clients have seen is kept by time, or would be. */
  readonly keptByTime: boolean;
}

/** `onPostgres`: positions can be told, or could be if there were a slave. */
export function createObserver(
  options: ResolvedOptions,
  known: Known & { readonly decider: Decider; readonly events: RoutingEvents; readonly onPostgres: boolean },
): Lookers {
  const { engines, freshness, classifier, mode, decider, events, onPostgres, clock } = known;
  const collector = new ReportCollector(options.name, clock);
  const { readThenWrite: onWrite, logger, pin } = options;
  const createOne = (how: 'warn' | 'refuse', to: typeof logger) =>
    new ReadThenWrite({
      tablesOf: (query) => classifier.tablesOf(query),
      onWrite: how,
      logger: to,
      found: (found) => collector.foundReadThenWrite(found),
    });
  const isOff = onWrite === 'off';
  const byPosition = engines.balancing ? known.clientsByPosition : onPostgres && pin.by !== 'time';
  const wouldBe = new WouldBe({
    engines,
    decider,
    writes: classifier.writes,
    freshness,
    rules: { ...decider.rules, byPosition },
    readThenWrite: isOff ? undefined : createOne('warn', SILENT_LOGGER),
  });
  return {
    observer: new Observer({ mode, collector, wouldBe, events, clock }),
    readThenWrite: isOff ? undefined : createOne(onWrite, logger),
    keptByTime: !byPosition,
  };
}

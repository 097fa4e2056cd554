import { createDatabaseRouting } from '../../../src/index.js';
import type { CheckDatabase } from '../check-database.js';
import { changingDelays } from '../fault-cycles.js';
import { routingOptions } from '../routing-options.js';
import type { RouterUnderCheck, Scenario } from '../scenario.js';
import { relatedDriver } from './related.driver.js';
import { RelatedStore } from './related-store.js';

const LOAD = { clients: 16, pauseMs: 15, writeShare: 0.15, lists: 0, registers: 24 };

/** Tables with foreign keys and triggers, on slaves that are late, each by another time. */
export const RELATED_SCENARIOS: readonly Scenario[] = [
  related({ name: 'foreign keys, triggers, 1 s late', before: (database) => database.delay(1000) }),
  related({ name: 'foreign keys, triggers, delays', faults: changingDelays }),
  related({
    name: 'foreign keys, triggers, delays',
    router: 'reads are relaxed too',
    faults: changingDelays,
    isOurs: false,
    mustFind: true,
    minSeconds: 8,
  }),
];

function related(scenario: Pick<Scenario, 'name'> & Partial<Scenario>): Scenario {
  const relaxesReads = scenario.mustFind === true;
  const start = (database: CheckDatabase) => startOn(database, relaxesReads);
  return { router: 'ours', isOurs: true, load: LOAD, start, ...scenario };
}

async function startOn({ servers }: CheckDatabase, relaxesReads: boolean): Promise<RouterUnderCheck> {
  const routing = createDatabaseRouting(routingOptions(servers, {}));
  await routing.ready();
  const store = new RelatedStore(routing);
  return {
    driver: relatedDriver(routing, store, relaxesReads),
    async close() {
      await routing.destroy();
      if (store.torn > 0) throw new Error(`${store.torn} things were read without their owner`);
    },
  };
}

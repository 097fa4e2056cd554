import type { Bookmarks } from './clients/bookmarks.js';
import type { Carrier } from './clients/carrier.js';
import type { EngineChoice } from './context/context.js';
import type { Patient } from './doctor/doctor.js';
import type { Observer } from './dispatch/observer.js';
import type { EngineRegistry } from './engines/engine-registry.js';
import type { Health } from './health/health.js';
import type { QueryClassifier } from './intent/query-classifier.js';
import type { KnexFace } from './knex/knex-parts.js';
import type { RoutedKnex } from './knex/routed-knex.js';
import type { Lifecycle } from './lifecycle.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import type { Decider } from './routing/decider.js';
import type { RoutingEvents } from './routing/decision-announcer.js';
import type { ModeSwitch } from './routing/mode-switch.js';

/** What a set is put together from. */
export interface DatabaseRoutingParts {
  readonly options: ResolvedOptions;
  readonly engines: EngineRegistry;
  readonly classifier: QueryClassifier;
  readonly decider: Decider;
  readonly mode: ModeSwitch;
  readonly observer: Pick<Observer, 'report'>;
  /** Whether what clients have seen is kept by time, or would be. */
  readonly keptByTime: boolean;
  /** Undefined where engines can't be asked. */
  readonly health: Health | undefined;
  /** Undefined where what clients have seen is kept by time, or there are no slaves. */
  readonly bookmarks: Bookmarks | undefined;
  /** Undefined where clients carry nothing. */
  readonly carrier: Carrier | undefined;
  readonly lifecycle: Lifecycle;
  readonly events: RoutingEvents;
  readonly patient: Patient;
  /** Makes the routed Knex, or one that names an engine. */
  readonly createKnex: (engine: EngineChoice | undefined, face: KnexFace) => RoutedKnex;
}

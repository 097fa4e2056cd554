import type { CarriedFaults } from './clients/carried-faults.js';
import type { EngineStatus } from './health/engine-status.js';
import type { Mode } from './options/mode.js';

/** How a set of engines is doing. */
export interface RoutingStatus {
  readonly name: string;
  readonly mode: Mode;
  /** The engine that takes the writes. */
  readonly master: string;
  /** Two servers claim to be the master, on the same timeline: writes are refused. */
  readonly isContested: boolean;
  readonly engines: readonly EngineStatus[];
  /** What was wrong with bookmarks or pins that clients brought; undefined without slaves, where none are carried. */
  readonly faults: CarriedFaults | undefined;
}

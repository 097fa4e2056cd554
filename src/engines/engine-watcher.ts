import type { EngineState } from './engine-state.js';
import type { Engine } from './engine.js';

/** Hears of engines that join and leave the set, and of how they are doing. */
export interface EngineWatcher {
  joined(engine: Engine): void;
  left(engine: Engine): void;
  /** It does better or worse than `from`. */
  changed(engine: Engine, from: EngineState): void;
}

import type { Clock } from '../clock.js';
import type { SlaveOptions } from '../options/engine-options.js';
import type { Engine } from './engine.js';

/** What a registry is made with. */
export interface RegistryOptions {
  /** Whether there are slaves, or may be later; else everything runs on the one engine, whatever name is asked for. */
  readonly balancing: boolean;
  /** Checks what the user wrote, and makes a slave of it. */
  readonly createSlave: (name: string, options: SlaveOptions) => Engine;
  /** Whether engines are asked how they are doing; else what was not asked is believed (other databases). */
  readonly watched: boolean;
  /** Whether slaves are found while the app runs, so that a name may yet come. Default false. */
  readonly sought?: boolean;
  readonly clock: Clock;
}

import type { Consistency } from './consistency.js';
import type { EngineChoice } from './context.js';

/** What `run` takes for a job. */
export interface RunOptions {
  /** The engine of the job's reads, `'slave'` for any slave. Default: as the rules say. */
  engine?: EngineChoice;
  /** How fresh its reads are. Default: as the options say. */
  consistency?: Consistency;
  /** What `routing.report()` calls it. Default: as the handler or job around it. */
  name?: string;
  /** What the job's client has seen before, as `bookmark()` gave it: reads show at least that. */
  bookmark?: string;
}

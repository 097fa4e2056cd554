import type { NaiveSession } from './naive.driver.js';
import type { PlainEngines } from './plain-engines.js';
import { RandomSession } from './random.session.js';

/**
 * Reads from the master for a while after each of its own writes, else from any slave: Rails' database selector (2 s in
 * the session), django-multidb-router's cookie (15 s).
 */
export class TimerSession implements NaiveSession {
  private readonly elsewhere: RandomSession;
  private pinnedUntilMs = 0;

  constructor(
    engines: PlainEngines,
    private readonly seconds: number,
  ) {
    this.elsewhere = new RandomSession(engines);
  }

  wrote(): void {
    this.pinnedUntilMs = performance.now() + this.seconds * 1000;
  }

  readFrom(): string {
    return performance.now() < this.pinnedUntilMs ? 'master' : this.elsewhere.readFrom();
  }
}

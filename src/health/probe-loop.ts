import type { Clock, Timer } from '../clock.js';
import { outsideContexts } from '../context/context-storage.js';

/** A round of work again and again, each armed after the one before; the process may end while it waits. */
export class ProbeLoop {
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private stopped = true;

  /** `round` resolves to the time until the next one, in ms. It must not reject. */
  constructor(
    private readonly round: () => Promise<number>,
    private readonly clock: Clock,
  ) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    void this.now();
  }

  /** No round begins after this. */
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** Resolves when a round has ended that began from here on; at once where there are no more rounds. */
  now(): Promise<void> {
    return this.running ? this.running.then(() => this.next()) : this.next();
  }

  private next(): Promise<void> {
    if (this.stopped) return Promise.resolve();
    this.timer?.cancel();
    return (this.running ??= outsideContexts(() => this.run()));
  }

  private async run(): Promise<void> {
    const delayMs = await this.round();
    this.running = undefined;
    if (this.stopped) return;
    this.timer = this.clock.after(delayMs, () => void this.now());
    this.timer.unref();
  }
}

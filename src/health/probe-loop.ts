/** A round of work again and again, each armed after the one before; the process may end while it waits. */
export class ProbeLoop {
  private timer: NodeJS.Timeout | undefined;
  private running = false;
  private again = false;
  private stopped = true;

  /** `round` resolves to the time until the next one, in ms. It must not reject. */
  constructor(private readonly round: () => Promise<number>) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    if (!this.running) return void this.run();
    this.again = true; // stopped and started in the middle of a round, which goes on
  }

  /** No round begins after this. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** A round begins at once, or right after the one that runs. */
  now(): void {
    if (this.stopped) return;
    this.again = this.running;
    if (this.running) return;
    clearTimeout(this.timer);
    void this.run();
  }

  private async run(): Promise<void> {
    this.running = true;
    const delayMs = await this.round();
    this.running = false;
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.run(), this.again ? 0 : delayMs);
    this.timer.unref();
    this.again = false;
  }
}

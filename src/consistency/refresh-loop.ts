const INTERVAL_MS = 500;
const IDLE_AFTER_MS = 10_000;

/** A round of work again and again while it is needed, each armed after the one before; nothing runs while nobody asks. */
export class RefreshLoop {
  private timer: NodeJS.Timeout | undefined;
  private running = false;
  private stopped = false;
  private neededAtMs = -Infinity;

  constructor(
    private readonly round: () => Promise<void>,
    private readonly nowMs: () => number,
  ) {}

  /** Keeps the loop going for a while. */
  need(): void {
    this.neededAtMs = this.nowMs();
    if (!this.timer && !this.running) this.arm();
  }

  /** Rounds begin again, when they are next needed. */
  start(): void {
    this.stopped = false;
  }

  /** No round begins after this. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private arm(): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.runOnce(), INTERVAL_MS);
    this.timer.unref();
  }

  private async runOnce(): Promise<void> {
    this.timer = undefined;
    this.running = true;
    await this.round();
    this.running = false;
    if (this.nowMs() - this.neededAtMs < IDLE_AFTER_MS) this.arm();
  }
}

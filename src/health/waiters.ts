import type { Clock } from '../clock.js';

/** Those who wait for one thing, each for a time of its own. */
export class Waiters {
  private readonly waiting = new Set<(came: boolean) => void>();
  private isClosed = false;

  constructor(private readonly clock: Clock) {}

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Whether it came within the time. */
  wait(withinMs: number): Promise<boolean> {
    if (this.isClosed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const leave = (came: boolean) => {
        timer.cancel();
        this.waiting.delete(leave);
        resolve(came);
      };
      const timer = this.clock.after(withinMs, () => leave(false));
      this.waiting.add(leave);
    });
  }

  release(came: boolean): void {
    for (const leave of this.waiting) leave(came);
  }

  /** It does not come any more, for those who wait nor for those who would. */
  close(): void {
    this.isClosed = true;
    this.release(false);
  }

  open(): void {
    this.isClosed = false;
  }
}

/** Those who wait for one thing, each for a time of its own. */
export class Waiters {
  private readonly waiting = new Set<(came: boolean) => void>();

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  /** Whether it came within the time. */
  wait(withinMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const leave = (came: boolean) => {
        clearTimeout(timer);
        this.waiting.delete(leave);
        resolve(came);
      };
      const timer = setTimeout(leave, withinMs, false);
      this.waiting.add(leave);
    });
  }

  release(came: boolean): void {
    for (const leave of this.waiting) leave(came);
  }
}

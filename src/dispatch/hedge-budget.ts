/** So many more reads. */
const SHARE = 0.02;

/**
 * A slave that freezes takes with it what is under way there, up to all of its pool's connections, and what is sent to it until it
 * is out of use. Each of these may be asked of another slave: the frozen one does no work for them.
 */
const AT_ONCE = 100;

/** Keeps the reads that are asked of a second slave to a share of all: a token bucket that is filled by reads, not by time. */
export class HedgeBudget {
  private tokens = AT_ONCE;

  /** A read begins. */
  earn(): void {
    if (this.tokens < AT_ONCE) this.tokens += SHARE;
  }

  get isEmpty(): boolean {
    return this.tokens < 1;
  }

  /** A read is asked of a second slave. */
  spend(): void {
    this.tokens--;
  }
}

import type { Clock, Timer } from '../clock.js';
import type { BookmarkStore } from '../options/bookmark-options.js';

/** Clients of a store that is down may wait for it for ever; requests may not. */
const TIMEOUT_MS = 1_000;

/** How long a store that did not answer is left alone. */
const PAUSE_MS = 1_000;

/**
 * A user's store that rejects wherever it failed. A Keyv has `undefined` for what could not be read and `true` for what
 * could not be written, and tells of it by an event only: a client that has seen something would count as one that has not.
 */
export class WatchedStore {
  private error: unknown;
  /** Counted, to tell whether one came while somebody waited. */
  private errors = 0;
  private waiting = 0;
  /** Until when it is left alone; 0: it answers. */
  private silentUntilMs = 0;
  private isFailing = false;

  constructor(
    private readonly store: BookmarkStore,
    /** Runs once, however long the store fails. */
    private readonly failed: (error: unknown) => void,
    private readonly clock: Clock,
  ) {
    store.on?.('error', (error) => {
      this.error = error;
      this.errors++;
    });
  }

  get(key: string): Promise<unknown> {
    return this.watch(() => this.store.get(key));
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.watch(async () => {
      if ((await this.store.set(key, value, ttlMs)) === false) throw new Error('it has refused a value');
    });
  }

  private async watch<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await this.withoutError(ask);
      this.isFailing = false;
      return answer;
    } catch (error) {
      if (!this.isFailing) this.failed(error);
      this.isFailing = true;
      throw error;
    }
  }

  /** An error may be of somebody else's question; it counts for all that were waiting. */
  private async withoutError<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { errors } = this;
    const answer = await this.inTime(ask);
    if (this.errors !== errors) throw this.error;
    return answer;
  }

  private async inTime<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.isSilent) throw noAnswer();
    let timer: Timer | undefined;
    const silence = new Promise<typeof SILENCE>((resolve) => {
      timer = this.clock.after(TIMEOUT_MS, () => resolve(SILENCE));
    });
    this.waiting++;
    const heard = await Promise.race([ask(), silence]).finally(() => {
      this.waiting--;
      timer?.cancel();
    });
    this.silentUntilMs = heard === SILENCE ? this.clock.nowMs() + PAUSE_MS : 0;
    if (heard === SILENCE) throw noAnswer();
    return heard;
  }

  /** After the pause one request waits, to hear whether it answers again; nobody else does. */
  private get isSilent(): boolean {
    return this.silentUntilMs > 0 && (this.waiting > 0 || this.clock.nowMs() < this.silentUntilMs);
  }
}

const SILENCE = Symbol();

function noAnswer(): Error {
  return new Error(`no answer within ${TIMEOUT_MS} ms`);
}

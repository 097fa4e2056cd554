import { type Clock, idle } from '../clock.js';

/** The code of what has not answered in time. */
export const TIMEOUT = 'TIMEOUT';

/** One time for all that is waited for until then, however many questions that are. */
export class Deadline {
  private readonly atMs: number;

  constructor(
    private readonly clock: Clock,
    ms: number,
  ) {
    this.atMs = clock.nowMs() + ms;
  }

  get leftMs(): number {
    return Math.max(0, this.atMs - this.clock.nowMs());
  }

  /** Rejects with the code `TIMEOUT` once the time has come. */
  within<Answer>(asked: Promise<Answer>): Promise<Answer> {
    const late = idle(this.clock, this.leftMs).then(() => {
      throw Object.assign(new Error('no answer in time'), { code: TIMEOUT });
    });
    void late.catch(() => undefined);
    void asked.catch(() => undefined); // it may fail when nobody waits any more
    return Promise.race([asked, late]);
  }
}

/** Work that is to be done later. */
export interface Timer {
  cancel(): void;
  /** The process may end before. */
  unref(): void;
}

/** Time as the core sees it. All code that waits, or looks at the time, is given a clock, so that tests can turn it. */
export interface Clock {
  /** In ms; never goes back, and means nothing outside the process. */
  nowMs(): number;
  /** In ms since 1970: the time that processes and clients share. */
  wallMs(): number;
  /** Runs `work` once, after so many ms. */
  after(ms: number, work: () => void): Timer;
}

export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return { cancel: () => clearTimeout(timer), unref: () => void timer.unref() };
  },
};

/** Resolves after so many ms. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** The same, but the process may end before. */
export function idle(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve).unref());
}

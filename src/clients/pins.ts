import type { Context } from '../context/context.js';
import { type CarriedFaults, noFaults } from './carried-faults.js';
import type { DoubtfulPins } from './doubtful-pins.js';
import type { Signer } from './signer.js';

/** The kind of text that a signer of pins signs. */
export const PIN_VERSION = 'p1';

/**
 * What clients have seen by time, for databases whose positions can't be told: who wrote is pinned, and reads from the master until the
 * pin has expired. From django-multidb-router, whose pins are signed here, so that none outlives its window.
 */
export class Pins {
  private readonly counts = noFaults();

  constructor(
    private readonly signer: Signer,
    private readonly doubtful: DoubtfulPins,
    /** Runs once, when a client is first given a pin. */
    private firstIssued: (() => void) | undefined,
  ) {}

  get faults(): CarriedFaults {
    return { ...this.counts };
  }

  /** Whether the client that brings this text wrote a moment ago, or may have. */
  holds(text: string): boolean {
    const verified = this.signer.verify(text);
    if (typeof verified !== 'string') return true;
    const fault = verified === 'other set' ? 'foreign' : verified;
    this.counts[fault]++;
    return fault !== 'expired' && fault !== 'foreign' && this.doubtful.counts(text);
  }

  /** Whether the context's client is to be pinned: by what was sent, or by `markWrite()`, all that is seen by time. */
  isDue({ work }: Context): boolean {
    return work.wrote || work.seen.unsettled !== undefined;
  }

  /** A pin from now on. */
  issue(): string {
    this.firstIssued?.();
    this.firstIssued = undefined;
    return this.signer.sign([]);
  }
}

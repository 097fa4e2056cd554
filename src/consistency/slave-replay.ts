import type { Engine } from '../engines/engine.js';
import { type Position, START, laterOf, parsePosition } from './position.js';

/** A server that is no slave (the master under another name) shows everything up to its own position. */
const ASK_REPLAY = `select coalesce(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
  else pg_current_wal_insert_lsn() end, '0/0')::text as lsn`;

interface Waiter {
  readonly target: Position;
  readonly leave: (reached: boolean) => void;
}

/** Time between two probes of a slave that somebody waits for. */
const PAUSE_MS = 1;

/** A probe that takes longer has failed; its connection is given up. */
const PROBE_TIMEOUT_MS = 1_000;

/**
 * How far one slave has replayed, as last heard: a lower bound, so it proves (FACTS 24). One probe at a time serves all
 * who wait for the slave.
 */
export class SlaveReplay {
  private position: Position = START;
  private positionOf: string | undefined;
  private readonly waiters = new Set<Waiter>();
  private probing: Promise<void> | undefined;

  constructor(private readonly slave: Engine) {}

  /** Nothing is known of a server that was started anew: it may be behind where it was. */
  get known(): Position {
    return this.positionOf === this.slave.startedAt ? this.position : START;
  }

  /** Whether the slave reaches the target within the time; false as soon as it can't be asked. */
  reach(target: Position, withinMs: number): Promise<boolean> {
    if (this.known >= target) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.leave(this.known >= target), withinMs);
      const waiter: Waiter = {
        target,
        leave: (reached) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(reached);
        },
      };
      this.waiters.add(waiter);
      void this.probe();
    });
  }

  /** Asks once, and on until nobody waits any more. Never rejects. */
  probe(): Promise<void> {
    return (this.probing ??= this.probeWhileWaited().finally(() => (this.probing = undefined)));
  }

  private async probeWhileWaited(): Promise<void> {
    for (;;) {
      const answered = await this.ask();
      for (const waiter of this.waiters) {
        if (!answered || this.known >= waiter.target) waiter.leave(this.known >= waiter.target);
      }
      if (this.waiters.size === 0) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async ask(): Promise<boolean> {
    try {
      const { rows } = await this.slave.probes
        .raw<{ rows: { lsn: string }[] }>(ASK_REPLAY)
        .timeout(PROBE_TIMEOUT_MS);
      this.position = laterOf(this.known, parsePosition(rows[0]!.lsn));
      this.positionOf = this.slave.startedAt;
      return true;
    } catch {
      return false; // the engine's state is health's to tell; here it is a slave that has not reached the target
    }
  }
}

import type { Engine } from '../engines/engine.js';
import { SERVER_RUN } from '../engines/server-run.js';
import { type Epoch, type Position, START, laterOf, parsePosition, timelineOf } from './position.js';

/** How far a server has replayed, as it says itself. */
export interface ReplayRow {
  readonly lsn: string;
  readonly started_at: string;
  /** The log file of a server that is no slave. */
  readonly walfile: string | null;
}

/**
 * A server that is no slave but the master under another name shows everything up to its own position; one that was promoted
 * counts in a history of its own.
 */
const ASK_REPLAY = `select coalesce(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
  else pg_current_wal_insert_lsn() end, '0/0')::text as lsn, ${SERVER_RUN} as started_at,
  case when not pg_is_in_recovery() then pg_walfile_name(pg_current_wal_insert_lsn()) end as walfile`;

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

  constructor(
    private readonly slave: Engine,
    /** The master's, as far as it is known. */
    private readonly epoch: () => Epoch | undefined,
  ) {}

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
    return (this.probing ??= this.probeWhileWaited());
  }

  private async probeWhileWaited(): Promise<void> {
    for (;;) {
      const answered = await this.ask();
      for (const waiter of this.waiters) {
        if (!answered || this.known >= waiter.target) waiter.leave(this.known >= waiter.target);
      }
      if (this.waiters.size === 0) {
        this.probing = undefined; // now, not later: who comes next must not rely on this round
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  private async ask(): Promise<boolean> {
    try {
      const { rows } = await this.slave.probes
        .raw<{ rows: ReplayRow[] }>(ASK_REPLAY)
        .timeout(PROBE_TIMEOUT_MS);
      this.heard(rows[0]!);
      return true;
    } catch {
      return false; // the engine's state is health's to tell; here it is a slave that has not reached the target
    }
  }

  /** An answer counts for the run of the server that gave it, which need not be the one that is known by now. */
  heard({ lsn, started_at, walfile }: ReplayRow): void {
    const before = this.positionOf === started_at ? this.position : START;
    const isForeign = walfile !== null && timelineOf(walfile) !== this.epoch()?.timeline;
    this.position = isForeign ? START : laterOf(before, parsePosition(lsn));
    this.positionOf = started_at;
  }
}

import type { Engine } from '../engines/engine.js';
import type { EngineHealth } from './engine-health.js';
import type { ProbeRow } from './engine-probe.js';

/**
 * The master is the engine that is not in recovery on the newest timeline. An old master that comes back alone is behind that;
 * where two servers write the same timeline nobody can tell which of them is right. No server is followed on its own word
 * alone: it must be of the system that the others are of, and have been seen as a slave of it, or share it with another engine.
 */
export class MasterElection {
  /** Of the first master that was heard of. */
  system: string | undefined;
  database: string | undefined;
  /** The newest on which a master was known; 0 before. */
  timeline = 0;
  isContested = false;
  private contestedAtMs: number | undefined;
  /** The system that an engine was a slave of when it last was one; null where it does not tell. */
  private readonly wasSlaveOf = new WeakMap<Engine, string | null>();

  /** The slave that was promoted meanwhile; undefined: all is as it was. */
  promoted(healths: readonly EngineHealth[], master: Engine, nowMs: number): Engine | undefined {
    for (const { engine, answer } of healths)
      if (answer?.in_recovery) this.wasSlaveOf.set(engine, answer.system);
    const claims = healths.filter((health) => this.mayClaim(health, healths, master));
    const newest = Math.max(this.timeline, ...claims.map(timelineOf));
    const newer = claims.filter((claim) => timelineOf(claim) === newest);
    const [claim] = newer;
    if (this.contest(newer, nowMs) || !claim) return undefined;
    if (newest === this.timeline && !hasSteppedDown(master, healths)) return undefined;
    this.heard(claim.answer!);
    return newer.some(({ engine }) => engine === master) ? undefined : claim.engine;
  }

  /** The master's own word. */
  heard({ system, database, timeline }: Pick<ProbeRow, 'system' | 'database' | 'timeline'>): void {
    this.system ??= system ?? undefined;
    this.database ??= database;
    this.timeline = Math.max(this.timeline, timeline ?? 0);
  }

  /**
   * Of a slave's name that leads to several servers one may have been promoted, and the next connection reaches another one.
   * The name that is configured as the master's is the user's word that it leads there.
   */
  private mayClaim({ engine, answer }: EngineHealth, all: readonly EngineHealth[], master: Engine): boolean {
    if (!answer || answer.in_recovery) return false;
    if (engine === master) return this.isOfSystem(answer, []);
    if (engine.name !== MASTER && engine.leadsAround) return false;
    const others = all.filter((other) => other.engine !== engine).flatMap((other) => other.answer ?? []);
    return this.isOfSystem(answer, others) && this.isVouchedFor(engine, answer, others);
  }

  /** Before a master was heard of the slaves' word counts: none of them may be of another system. */
  private isOfSystem({ system, database }: ProbeRow, others: readonly ProbeRow[]): boolean {
    if (this.database !== undefined && database !== this.database) return false;
    if (this.system !== undefined) return system === null || system === this.system;
    return others.every((other) => !other.in_recovery || other.system === system);
  }

  private isVouchedFor(engine: Engine, { system }: ProbeRow, others: readonly ProbeRow[]): boolean {
    const was = this.wasSlaveOf.get(engine);
    if (was !== undefined && was === system) return true;
    return system !== null && others.some((other) => other.system === system);
  }

  /**
   * One server under two names may just have been started anew, and have said so under one of them only: it is contested
   * when all say it again.
   */
  private contest(claims: readonly EngineHealth[], nowMs: number): boolean {
    const servers = new Set(claims.map(({ answer }) => answer!.started_at));
    if (servers.size < 2) {
      this.contestedAtMs = undefined;
      return (this.isContested = false);
    }
    const sinceMs = (this.contestedAtMs ??= nowMs);
    this.isContested ||= claims.every(({ askedAtMs }) => askedAtMs > sinceMs);
    return true;
  }
}

/** Of two that wrote one timeline the wrong one may have been made a slave of the other. */
function hasSteppedDown(master: Engine, healths: readonly EngineHealth[]): boolean {
  return healths.some(({ engine, answer }) => engine === master && answer?.in_recovery);
}

/** The name of the engine that is configured as the master. */
const MASTER = 'master';

function timelineOf({ answer }: EngineHealth): number {
  return answer?.timeline ?? 0;
}

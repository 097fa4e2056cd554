import type { Engine } from '../engines/engine.js';
import type { EngineHealth } from './engine-health.js';

/**
 * The master is the engine that is not in recovery on the newest timeline. An old master that comes back alone is
 * behind that; where two servers write the same timeline nobody can tell which of them is right.
 */
export class MasterElection {
  /** Of the first master that was heard of. */
  system: string | undefined;
  /** The newest on which a master was known; 0 before. */
  timeline = 0;
  isContested = false;
  private contestedAtMs: number | undefined;

  /** The slave that was promoted meanwhile; undefined: all is as it was. */
  promoted(healths: readonly EngineHealth[], master: Engine, nowMs: number): Engine | undefined {
    const claims = healths.filter(({ answer }) => answer && !answer.in_recovery && this.isOfSystem(answer));
    const newest = Math.max(this.timeline, ...claims.map(({ answer }) => answer!.timeline));
    const newer = claims.filter(({ answer }) => answer!.timeline === newest);
    if (this.contest(newer, nowMs) || newest === this.timeline) return undefined;
    const [claim] = newer;
    this.heard(claim!.answer!);
    return newer.some(({ engine }) => engine === master) ? undefined : claim!.engine;
  }

  /** The master's own word. */
  heard({ system, timeline }: { readonly system: string; readonly timeline: number }): void {
    this.system ??= system;
    this.timeline = Math.max(this.timeline, timeline);
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

  private isOfSystem({ system }: { readonly system: string }): boolean {
    return this.system === undefined || system === this.system;
  }
}

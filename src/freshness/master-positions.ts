import type { Clock } from '../clock.js';
import type { Engine } from '../engines/engine.js';
import type { ClusterRow, FreshnessQuestions, MasterPositionRow } from './freshness-questions.js';
import { type Epoch, type Position, parsePosition, replayTarget, timelineOf } from './position.js';
import { SharedQuestion } from './shared-question.js';

/** Where the master's log stood, at some moment between the question and the answer. */
export interface MasterPosition {
  readonly position: Position;
  readonly epoch: Epoch;
  /** When the question was sent: all that was committed by then is at or before `position`. */
  readonly askedAtMs: number;
}

/** What a probe of the master tells. */
export interface HeardPosition {
  /** Null where it may not tell. */
  readonly lsn: string | null;
  /** Null on a slave. */
  readonly walfile: string | null;
  readonly system: string | null;
  readonly segment: string;
}

/** Stands for a system whose identifier the server does not tell. */
const UNTOLD = '-';

/** What is known of the master's position. Owned by one set of engines; written by each question that the master has answered. */
export class MasterPositions {
  /** The last answer. */
  latest: MasterPosition | undefined;
  /** The master does not tell its position: it does not support that, or a grant is missing. */
  isUntold = false;
  private known: ClusterRow | undefined;
  private cluster: Promise<ClusterRow> | undefined;
  private readonly shared = new SharedQuestion(() => this.query());

  constructor(
    private readonly questions: Pick<FreshnessQuestions, 'position' | 'cluster'>,
    private readonly master: () => Engine,
    private readonly clock: Clock,
  ) {}

  /**
   * A position that is not before anything committed up to now. Callers at the same time share one question. Rejects when the
   * master can't be asked.
   */
  ask(): Promise<MasterPosition> {
    return this.shared.ask();
  }

  /** Reads an answer to `ASK_POSITION` that came another way; undefined until the master was asked once. */
  note(row: MasterPositionRow): MasterPosition | undefined {
    return this.known && read(row, this.known, this.clock.nowMs());
  }

  /** An answer of the master's to another question, sent at that time. */
  heard({ lsn, walfile, system, segment }: HeardPosition, askedAtMs: number): void {
    this.isUntold = lsn === null;
    if (lsn === null || walfile === null) return;
    this.known ??= { system: system ?? UNTOLD, segment };
    this.latest = read({ lsn, walfile }, this.known, askedAtMs);
  }

  private async query(): Promise<MasterPosition> {
    const askedAtMs = this.clock.nowMs();
    const cluster = (this.known ??= await this.clusterOnce());
    return (this.latest = read(await this.questions.position(this.master()), cluster, askedAtMs));
  }

  /** What a cluster never changes; asked again only where the asking failed. */
  private async clusterOnce(): Promise<ClusterRow> {
    this.cluster ??= this.questions.cluster(this.master());
    try {
      return await this.cluster;
    } catch (error) {
      this.cluster = undefined;
      throw error;
    }
  }
}

function read(
  { lsn, walfile }: MasterPositionRow,
  { system, segment }: ClusterRow,
  askedAtMs: number,
): MasterPosition {
  const position = replayTarget(parsePosition(lsn), BigInt(segment));
  return { position, epoch: { system, timeline: timelineOf(walfile) }, askedAtMs };
}

import type { Knex } from 'knex';
import { type Epoch, type Position, parsePosition, timelineOf } from './position.js';
import { replayTarget } from './replay-target.js';
import { SharedQuestion } from './shared-question.js';

/** Where the master's log stood, at some moment between the question and the answer. */
export interface MasterPosition {
  readonly position: Position;
  readonly epoch: Epoch;
  /** When the question was sent: all that was committed by then is at or before `position`. */
  readonly askedAtMs: number;
}

/** An answer to `question`. */
export interface MasterPositionRow {
  readonly lsn: string;
  readonly walfile: string;
}

/** What a probe of the master tells. */
export interface HeardPosition {
  readonly lsn: string;
  /** Null on a slave. */
  readonly walfile: string | null;
  readonly system: string;
  readonly segment: string;
}

interface Cluster {
  readonly system: string;
  readonly segmentBytes: bigint;
}

/**
 * The insert position, since with `synchronous_commit=off` the written one is too low (FACTS 23).
 */
const ASK_POSITION = 'select lsn::text, pg_walfile_name(lsn) as walfile from pg_current_wal_insert_lsn() lsn';

const ASK_CLUSTER = `select system_identifier::text as system,
  pg_size_bytes(current_setting('wal_segment_size'))::text as segment from pg_control_system()`;

/** A master that takes longer can't be asked. */
const ASK_TIMEOUT_MS = 2_000;

/** Asks the master for its position; callers at the same time share one question. */
export class MasterPositions {
  /** What is asked; one statement. */
  readonly question = ASK_POSITION;
  /** The last answer. */
  latest: MasterPosition | undefined;
  private known: Cluster | undefined;
  private cluster: Promise<Cluster> | undefined;
  private readonly shared = new SharedQuestion(() => this.query());

  constructor(
    private readonly master: () => Knex,
    private readonly nowMs: () => number,
  ) {}

  /** A position that is not before anything committed up to now. Rejects when the master can't be asked. */
  ask(): Promise<MasterPosition> {
    return this.shared.ask();
  }

  /** Reads an answer to `question` that came another way; undefined until the master was asked once. */
  note(row: MasterPositionRow): MasterPosition | undefined {
    return this.known && read(row, this.known, this.nowMs());
  }

  /** An answer of the master's to another question, sent at that time. */
  heard({ lsn, walfile, system, segment }: HeardPosition, askedAtMs: number): void {
    if (walfile === null) return;
    this.known ??= { system, segmentBytes: BigInt(segment) };
    this.latest = read({ lsn, walfile }, this.known, askedAtMs);
  }

  private async query(): Promise<MasterPosition> {
    const askedAtMs = this.nowMs();
    const cluster = (this.known ??= await this.clusterOnce());
    const { rows } = await this.master()
      .raw<{ rows: MasterPositionRow[] }>(ASK_POSITION)
      .timeout(ASK_TIMEOUT_MS);
    return (this.latest = read(rows[0]!, cluster, askedAtMs));
  }

  /** What a cluster never changes; asked again only where the asking failed. */
  private async clusterOnce(): Promise<Cluster> {
    this.cluster ??= this.askCluster();
    try {
      return await this.cluster;
    } catch (error) {
      this.cluster = undefined;
      throw error;
    }
  }

  private async askCluster(): Promise<Cluster> {
    const { rows } = await this.master()
      .raw<{ rows: { system: string; segment: string }[] }>(ASK_CLUSTER)
      .timeout(ASK_TIMEOUT_MS);
    const { system, segment } = rows[0]!;
    return { system, segmentBytes: BigInt(segment) };
  }
}

function read(
  { lsn, walfile }: MasterPositionRow,
  { system, segmentBytes }: Cluster,
  askedAtMs: number,
): MasterPosition {
  const position = replayTarget(parsePosition(lsn), segmentBytes);
  return { position, epoch: { system, timeline: timelineOf(walfile) }, askedAtMs };
}

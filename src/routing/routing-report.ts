import type { Mode } from '../options/mode.js';
import type { Reason } from './decision.js';

/** How many reads, how long they took together, and what of that went to slaves, or would have in shadow mode. */
export interface ReadShare {
  readonly reads: number;
  /** From the moment when a read asked for its connection to the moment when it gave that back, summed up. */
  readonly ms: number;
  readonly moved: number;
  readonly movedMs: number;
  /** `moved` of `reads`, from 0 to 1; 0 where there are none. */
  readonly share: number;
  /** `movedMs` of `ms`. */
  readonly timeShare: number;
  /** Of `moved`: those that waited for a slave to show what their client has seen, or would have; known with slaves only. */
  readonly waited: number;
}

/** Reads that stay on the master, for one reason. */
export interface StayingReads {
  readonly reason: Reason;
  readonly reads: number;
  readonly ms: number;
}

export interface ReportedHandler extends ReadShare {
  /** `PostsController.list`, the name of a job, or what kind of work it is. */
  readonly handler: string;
  readonly stays: readonly StayingReads[];
}

export interface ReportedShape extends ReadShare {
  /** The SQL without the values that stand in it. */
  readonly shape: string;
  /** File, line and column of the app's code that waited for one of them; undefined where only libraries did. */
  readonly site: string | undefined;
  readonly stays: readonly StayingReads[];
}

/** A statement that looks like a read, and runs on the master since it is not proved one, or since slaves answer it differently. */
export interface HeldStatement {
  readonly shape: string;
  readonly site: string | undefined;
  /** Ends the sentence "it is held because": `function nextval is volatile`. */
  readonly because: string;
  readonly reads: number;
  readonly ms: number;
}

/** A piece of work that read a table on a slave, or would have, and then wrote it: what it decided by may have been old. */
export interface FoundReadThenWrite {
  readonly table: string;
  /** The write. */
  readonly shape: string;
  readonly site: string | undefined;
  /** `request`, `message` or `job`. */
  readonly kind: string;
}

/** What went to slaves since `since`, or in shadow mode what would have. Printed as a text, it is a page to read. */
export interface RoutingReport {
  /** The set's name. */
  readonly name: string;
  readonly mode: Mode;
  readonly since: Date;
  readonly forMs: number;
  readonly total: ReadShare;
  /** Statements that write, which always run on the master. */
  readonly writes: number;
  /** Why reads stay on the master, most of them first. */
  readonly stays: readonly StayingReads[];
  readonly handlers: readonly ReportedHandler[];
  readonly shapes: readonly ReportedShape[];
  readonly held: readonly HeldStatement[];
  readonly readThenWrites: readonly FoundReadThenWrite[];
  /** Reads of handlers and shapes beyond those that are told apart (200 and 500); they count in `total`. */
  readonly untold: { readonly handlers: number; readonly shapes: number };
  /** The page, as plain text. */
  toString(): string;
}

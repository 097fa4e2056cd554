import { MARK_LENGTH, type Others } from '../context/others.js';
import type { Epoch, Position } from '../freshness/position.js';
import { LONGEST, type SignatureFault, type Signer } from './signer.js';

/** What a client carries: how far it has seen, and in which history. */
export interface Bookmark {
  readonly epoch: Epoch;
  readonly position: Position;
  /** The slave on which more was seen, `'*'` for anywhere, `'~'` where the position covers it; undefined when it says it all. */
  readonly unsettled: string | undefined;
  /** Until when it does not cover for certain what its client has seen, in ms since 1970; undefined: it does. */
  readonly asksUntilMs?: number | undefined;
  /** What reads must show of other tables than the client has written, where that is less; its server is `unsettled`. */
  readonly others?: Pick<Others, 'written' | 'position'> | undefined;
}

/** A bookmark as it comes back. */
export interface CarriedBookmark extends Bookmark {
  /** It has lived for half of its time: the client that goes on with it is to be given another. */
  readonly isOld: boolean;
  /** Since it was issued. */
  readonly ageSeconds: number;
}

/** Why a text is no bookmark to rely on. */
export type BookmarkFault = SignatureFault;

/** The kind of text that a signer of bookmarks signs. */
export const BOOKMARK_VERSION = '1';

/** Bookmarks as opaque text; signed, since a number of the client's own would let it choose what it waits for. */
export class BookmarkCodec {
  constructor(private readonly signer: Signer) {}

  /** The tables stand at the end, where builds that don't know of them look past; those have all reads show the position. */
  encode({ epoch, position, unsettled = '', asksUntilMs, others }: Bookmark): string {
    const fields = [epoch.system, String(epoch.timeline), position.toString(36), unsettled];
    const asks = asksUntilMs ? [Math.ceil(asksUntilMs).toString(36)] : [];
    const ofTables = others && [asks[0] ?? '0', others.position.toString(36), others.written.join('')];
    const text = ofTables && this.signer.sign([...fields, ...ofTables]);
    return text && text.length <= LONGEST ? text : this.signer.sign([...fields, ...asks]);
  }

  decode(text: string): CarriedBookmark | BookmarkFault {
    const verified = this.signer.verify(text);
    if (typeof verified === 'string') return verified;
    const { fields, isOld, ageSeconds } = verified;
    const [system = '', timeline = '', position = '', unsettled = '', asksUntil, lower, written = ''] =
      fields;
    return {
      epoch: { system, timeline: Number(timeline) },
      position: parseBase36(position),
      unsettled: unsettled || undefined,
      asksUntilMs: asksUntil === undefined ? undefined : parseInt(asksUntil, 36),
      others: lower === undefined ? undefined : { position: parseBase36(lower), written: marksIn(written) },
      isOld,
      ageSeconds,
    };
  }
}

function marksIn(written: string): readonly string[] {
  return written.match(new RegExp(`.{${MARK_LENGTH}}`, 'g')) ?? [];
}

function parseBase36(digits: string): bigint {
  let value = 0n;
  for (const digit of digits) value = value * 36n + BigInt(parseInt(digit, 36));
  return value;
}

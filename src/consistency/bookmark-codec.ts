import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Epoch, Position } from './position.js';

/** What a client carries: how far it has seen, and in which history. */
export interface Bookmark {
  readonly epoch: Epoch;
  readonly position: Position;
  /** The slave on which more was seen, `'*'` for anywhere; undefined when the position says it all. */
  readonly unsettled: string | undefined;
}

/** A bookmark as it comes back. */
export interface CarriedBookmark extends Bookmark {
  /** It has lived for half of its time: whoever goes on with it is to be given another. */
  readonly isOld: boolean;
}

/** Why a text is no bookmark to rely on. */
export type BookmarkFault = 'malformed' | 'forged' | 'expired' | 'future' | 'other set';

const VERSION = '1';

/** Longer texts are none of ours, and are not looked into. */
const LONGEST = 400;

/** How far the clocks of two processes may differ. */
const CLOCK_SKEW_SECONDS = 60;

const SIGNATURE_BYTES = 16;

/**
 * Bookmarks as opaque text: `version.fields.signature`, of letters that cookies and headers take as they are. Signed
 * (HMAC-SHA256), since a number of the client's own would let it choose what it waits for.
 */
export class BookmarkCodec {
  /** The first secret signs, all of them verify, so that secrets can be rotated. */
  constructor(
    /** The set of engines; bookmarks of another one are none of this one's business. */
    private readonly set: string,
    private readonly secrets: readonly string[],
    private readonly maxAgeSeconds: number,
    private readonly nowSeconds: () => number,
  ) {}

  encode({ epoch, position, unsettled = '' }: Bookmark): string {
    const issued = Math.floor(this.nowSeconds());
    const fields = [
      encodeURIComponent(this.set),
      epoch.system,
      epoch.timeline,
      position.toString(36),
      issued.toString(36),
      unsettled,
    ];
    const signed = `${VERSION}.${Buffer.from(fields.join(':')).toString('base64url')}`;
    return `${signed}.${sign(signed, this.secrets[0]!).toString('base64url')}`;
  }

  decode(text: string): CarriedBookmark | BookmarkFault {
    const [version, fields, signature, ...rest] = text.length > LONGEST ? [] : text.split('.');
    if (version !== VERSION || !fields || !signature || rest.length > 0) return 'malformed';
    if (!this.isSigned(`${version}.${fields}`, signature)) return 'forged';
    return this.read(Buffer.from(fields, 'base64url').toString());
  }

  private isSigned(signed: string, signature: string): boolean {
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== SIGNATURE_BYTES) return false;
    return this.secrets.some((secret) => timingSafeEqual(given, sign(signed, secret)));
  }

  /** What is signed was written by `encode`, so its fields are there. */
  private read(fields: string): CarriedBookmark | BookmarkFault {
    const [set = '', system = '', timeline = '', position = '', issued = '', unsettled = ''] =
      fields.split(':');
    if (set !== encodeURIComponent(this.set)) return 'other set';
    const ageSeconds = this.nowSeconds() - parseInt(issued, 36);
    if (ageSeconds > this.maxAgeSeconds) return 'expired';
    if (ageSeconds < -CLOCK_SKEW_SECONDS) return 'future';
    const epoch = { system, timeline: Number(timeline) };
    const isOld = ageSeconds > this.maxAgeSeconds / 2;
    return { epoch, position: parseBase36(position), unsettled: unsettled || undefined, isOld };
  }
}

function sign(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, SIGNATURE_BYTES);
}

function parseBase36(digits: string): bigint {
  let value = 0n;
  for (const digit of digits) value = value * 36n + BigInt(parseInt(digit, 36));
  return value;
}

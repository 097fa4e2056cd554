import { createHmac, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Why a text that a client brought is none to rely on. */
export type SignatureFault = 'malformed' | 'forged' | 'expired' | 'future' | 'other set';

/** Longer texts are none of ours, and are not looked into. */
const LONGEST = 400;

/** How far the clocks of two processes may differ. */
const CLOCK_SKEW_SECONDS = 60;

const SIGNATURE_BYTES = 16;

/** Each takes less than a kilobyte. */
const MOST_REMEMBERED = 1_000;

/** What a text says that is signed, however old it is. */
interface Signed {
  readonly fields: readonly string[];
  readonly issuedSeconds: number;
}

/** What a text says. */
export interface Verified {
  readonly fields: readonly string[];
  /** It has lived for half of its time: whoever goes on with it is to be given another. */
  readonly isOld: boolean;
}

/**
 * What clients carry, as opaque text that says when it was issued: `kind.fields.signature`, of letters that cookies and
 * headers take as they are; signed by HMAC-SHA256.
 */
export class Signer {
  /** What texts say that were found to be signed: clients bring the same one again and again. */
  private readonly known = new LRUCache<string, Signed>({ max: MOST_REMEMBERED });

  /** The first secret signs, all of them verify, so that secrets can be rotated. */
  constructor(
    /** What the texts are, and in which version. */
    private readonly kind: string,
    /** The set of engines; texts of another one are none of this one's business. */
    private readonly set: string,
    private readonly secrets: readonly string[],
    private readonly maxAgeSeconds: number,
    private readonly nowSeconds: () => number,
  ) {}

  sign(fields: readonly string[]): string {
    const issuedMs = Math.floor(this.nowSeconds() * 1000);
    const all = [encodeURIComponent(this.set), issuedMs.toString(36), ...fields].join(':');
    const signed = `${this.kind}.${Buffer.from(all).toString('base64url')}`;
    return `${signed}.${signature(signed, this.secrets[0]!).toString('base64url')}`;
  }

  verify(text: string): Verified | SignatureFault {
    const signed = this.known.get(text) ?? this.readNew(text);
    if (typeof signed === 'string') return signed;
    const ageSeconds = this.nowSeconds() - signed.issuedSeconds;
    if (ageSeconds > this.maxAgeSeconds) return 'expired';
    return ageSeconds < -CLOCK_SKEW_SECONDS
      ? 'future'
      : { fields: signed.fields, isOld: ageSeconds > this.maxAgeSeconds / 2 };
  }

  private readNew(text: string): Signed | SignatureFault {
    const [kind, fields, mark, ...rest] = text.length > LONGEST ? [] : text.split('.');
    if (kind !== this.kind || !fields || !mark || rest.length > 0) return 'malformed';
    if (!this.isSigned(`${kind}.${fields}`, mark)) return 'forged';
    const signed = this.parse(Buffer.from(fields, 'base64url').toString());
    if (signed) this.known.set(text, signed);
    return signed ?? 'other set';
  }

  private isSigned(text: string, mark: string): boolean {
    const given = Buffer.from(mark, 'base64url');
    if (given.length !== SIGNATURE_BYTES) return false;
    return this.secrets.some((secret) => timingSafeEqual(given, signature(text, secret)));
  }

  /** What is signed was written by `sign`, so its fields are there. */
  private parse(text: string): Signed | undefined {
    const [set = '', issuedMs = '', ...fields] = text.split(':');
    if (set !== encodeURIComponent(this.set)) return undefined;
    return { fields, issuedSeconds: parseInt(issuedMs, 36) / 1000 };
  }
}

function signature(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, SIGNATURE_BYTES);
}

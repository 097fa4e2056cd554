import { createHmac, timingSafeEqual } from 'node:crypto';

/** Why a text that a client brought is none to rely on. */
export type SignatureFault = 'malformed' | 'forged' | 'expired' | 'future' | 'other set';

/** Longer texts are none of ours, and are not looked into. */
const LONGEST = 400;

/** How far the clocks of two processes may differ. */
const CLOCK_SKEW_SECONDS = 60;

const SIGNATURE_BYTES = 16;

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
    const [kind, fields, signed, ...rest] = text.length > LONGEST ? [] : text.split('.');
    if (kind !== this.kind || !fields || !signed || rest.length > 0) return 'malformed';
    if (!this.isSigned(`${kind}.${fields}`, signed)) return 'forged';
    return this.read(Buffer.from(fields, 'base64url').toString());
  }

  private isSigned(text: string, signed: string): boolean {
    const given = Buffer.from(signed, 'base64url');
    if (given.length !== SIGNATURE_BYTES) return false;
    return this.secrets.some((secret) => timingSafeEqual(given, signature(text, secret)));
  }

  /** What is signed was written by `sign`, so its fields are there. */
  private read(text: string): Verified | SignatureFault {
    const [set = '', issuedMs = '', ...fields] = text.split(':');
    if (set !== encodeURIComponent(this.set)) return 'other set';
    const ageSeconds = this.nowSeconds() - parseInt(issuedMs, 36) / 1000;
    if (ageSeconds > this.maxAgeSeconds) return 'expired';
    return ageSeconds < -CLOCK_SKEW_SECONDS
      ? 'future'
      : { fields, isOld: ageSeconds > this.maxAgeSeconds / 2 };
  }
}

function signature(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, SIGNATURE_BYTES);
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';

/** Why a text that a client brought is none to rely on. */
export type SignatureFault = 'malformed' | 'forged' | 'expired' | 'future' | 'other set';

/** Longer texts are none of ours, and are not looked into. */
export const LONGEST = 400;

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
  /** It has lived for half of its time: the client that goes on with it is to be given another. */
  readonly isOld: boolean;
  /** Since it was issued; a little below 0 where the issuer's clock goes before ours. */
  readonly ageSeconds: number;
}

/** What a signer signs by. */
export interface SignerOptions {
  /** What the texts are, and in which version. */
  readonly kind: string;
  /** The set of engines; texts of another one are none of this one's business. */
  readonly set: string;
  /** The first one signs, all of them verify, so that secrets can be rotated. */
  readonly secrets: readonly string[];
  readonly maxAgeSeconds: number;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/**
 * What clients carry, as opaque text that says when it was issued: `kind.fields.signature`, of letters that cookies and
 * headers take as they are; signed by HMAC-SHA256.
 */
export class Signer {
  /** What texts say that were found to be signed: clients bring the same one again and again. */
  private readonly known = new LRUCache<string, Signed>({ max: MOST_REMEMBERED });

  constructor(private readonly options: SignerOptions) {}

  sign(fields: readonly string[]): string {
    const { kind, set, secrets, clock } = this.options;
    const issuedMs = Math.floor(clock.wallMs());
    const all = [encodeURIComponent(set), issuedMs.toString(36), ...fields].join(':');
    const signed = `${kind}.${Buffer.from(all).toString('base64url')}`;
    return `${signed}.${signature(signed, secrets[0]!).toString('base64url')}`;
  }

  verify(text: string): Verified | SignatureFault {
    const signed = this.known.get(text) ?? this.readNew(text);
    if (typeof signed === 'string') return signed;
    const { maxAgeSeconds, clock } = this.options;
    const ageSeconds = clock.wallMs() / 1000 - signed.issuedSeconds;
    if (ageSeconds > maxAgeSeconds) return 'expired';
    return ageSeconds < -CLOCK_SKEW_SECONDS
      ? 'future'
      : { fields: signed.fields, isOld: ageSeconds > maxAgeSeconds / 2, ageSeconds };
  }

  private readNew(text: string): Signed | SignatureFault {
    const [kind, fields, mark, ...rest] = text.length > LONGEST ? [] : text.split('.');
    if (kind !== this.options.kind || !fields || !mark || rest.length > 0) return 'malformed';
    if (!this.isSigned(`${kind}.${fields}`, mark)) return 'forged';
    const signed = this.parse(Buffer.from(fields, 'base64url').toString());
    if (signed) this.known.set(text, signed);
    return signed ?? 'other set';
  }

  private isSigned(text: string, mark: string): boolean {
    const given = Buffer.from(mark, 'base64url');
    if (given.length !== SIGNATURE_BYTES) return false;
    return this.options.secrets.some((secret) => timingSafeEqual(given, signature(text, secret)));
  }

  /** What is signed was written by `sign`, so its fields are there. */
  private parse(text: string): Signed | undefined {
    const [set = '', issuedMs = '', ...fields] = text.split(':');
    if (set !== encodeURIComponent(this.options.set)) return undefined;
    return { fields, issuedSeconds: parseInt(issuedMs, 36) / 1000 };
  }
}

function signature(text: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(text).digest().subarray(0, SIGNATURE_BYTES);
}

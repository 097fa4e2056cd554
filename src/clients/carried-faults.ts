import type { SignatureFault } from './signer.js';

/** How many texts clients brought that said nothing, by what was wrong with them, since the start. */
export type CarriedFaults = Readonly<Record<Exclude<SignatureFault, 'other set'> | 'foreign', number>>;

export function noFaults(): { -readonly [Fault in keyof CarriedFaults]: number } {
  return { malformed: 0, forged: 0, expired: 0, future: 0, foreign: 0 };
}

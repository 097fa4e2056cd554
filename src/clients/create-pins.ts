import type { ResolvedOptions } from '../options/resolved-options.js';
import { DoubtfulPins } from './doubtful-pins.js';
import { Pins } from './pins.js';
import { Signer } from './signer.js';
import { signingSecrets } from './signing-secrets.js';
import { nowSeconds } from './wall-clock.js';

const VERSION = 'p1';

/** A set's pins by time; without a secret of the user's, signed with one that lives as long as the process. */
export function createPins({ name, bookmark, pin: { seconds }, logger }: ResolvedOptions): Pins {
  const { secrets, firstIssued } = signingSecrets(bookmark.secrets, 'Pins', logger);
  const signer = new Signer(VERSION, name, secrets, seconds, nowSeconds);
  return new Pins(signer, new DoubtfulPins(seconds, nowSeconds), firstIssued);
}

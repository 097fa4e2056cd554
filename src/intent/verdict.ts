/** What is known of a name: only reads, does more, or is not in the catalogue. */
export type Verdict = 'safe' | 'unsafe' | 'unknown';

const HIGHEST = 65_535;

/** `PORT`, 3000 unless given; 0 lets the system choose one. */
export function portFromEnv({ PORT = '3000' }: NodeJS.ProcessEnv): number {
  if (/^\d+$/.test(PORT) && Number(PORT) <= HIGHEST) return Number(PORT);
  throw new Error(`PORT must be a number from 0 to ${HIGHEST}, got '${PORT}'`);
}

import { ConnectionHog } from './connection-hog.js';
import type { Fault } from './fault.js';

/** As when a slave restarts and others are faster to come back, with more connections than it has. */
export const FULL_CONNECTIONS: Fault = {
  name: 'full max_connections',
  detectWithinMs: 2000,
  maxOuts: 1,
  run: async ({ database: { victim }, clock, hold }) => {
    const hog = new ConnectionHog(victim);
    clock.strike(victim.name);
    await hog.grab();
    await hold();
    await hog.release();
    clock.heal(victim.name);
  },
};

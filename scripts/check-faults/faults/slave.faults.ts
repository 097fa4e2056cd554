import { type Fault, onVictim } from './fault.js';

const behindProxy = true;

/** What befalls one slave. */
export const SLAVE_FAULTS: readonly Fault[] = [
  onVictim(
    'kill -9 of a slave',
    ({ victim }) => victim.kill(),
    ({ victim }) => victim.start(),
  ),
  onVictim(
    'SIGSTOP of a slave',
    ({ victim }) => victim.freeze(),
    ({ victim }) => victim.unfreeze(),
  ),
  onVictim(
    'latency +500 ms',
    ({ proxy }) => (proxy.latencyMs = 500),
    ({ proxy }) => proxy.heal(),
    { behindProxy },
  ),
  onVictim(
    'connection refused',
    ({ victim }) => victim.stop(),
    ({ victim }) => victim.start(),
  ),
  onVictim(
    'black hole, accepting',
    ({ proxy }) => proxy.blackHole(),
    ({ proxy }) => proxy.heal(),
    { behindProxy },
  ),
  onVictim(
    'black hole, not accepting',
    ({ proxy }) => proxy.blackHole({ accepts: false }),
    ({ proxy }) => proxy.heal(),
    { behindProxy },
  ),
  onVictim(
    'paused replay',
    ({ victim }) => victim.pause(),
    ({ victim }) => victim.resume(),
    // The lag that is allowed, 1 s, and the time to notice.
    { detectWithinMs: 3000 },
  ),
];

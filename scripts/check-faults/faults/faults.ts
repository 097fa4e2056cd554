import type { Fault } from './fault.js';
import { FLEET_FAULTS } from './fleet.faults.js';
import { FULL_CONNECTIONS } from './full-connections.fault.js';
import { PROMOTION_FAULTS } from './promotion.faults.js';
import { RECOVERY_CONFLICTS } from './recovery-conflicts.fault.js';
import { SLAVE_FAULTS } from './slave.faults.js';

/** In the order of the table. */
export const FAULTS: readonly Fault[] = [
  ...SLAVE_FAULTS,
  RECOVERY_CONFLICTS,
  FULL_CONNECTIONS,
  ...FLEET_FAULTS,
  ...PROMOTION_FAULTS,
];

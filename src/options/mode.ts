/**
 * `'on'`: reads go where the rules send them. `'shadow'`: everything runs on the master, and `report()` tells what the rules would have
 * sent to slaves. `'master'`: everything runs on the master.
 */
export type Mode = 'on' | 'shadow' | 'master';

export const MODES: readonly Mode[] = ['on', 'shadow', 'master'];

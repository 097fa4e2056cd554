import { EventEmitter } from 'node:events';
import type { ByMode } from '../../../src/routing/by-mode.js';
import type { Decider } from '../../../src/routing/decider.js';
import { ModeSwitch } from '../../../src/routing/mode-switch.js';

/** For a dispatcher whose mode is `'on'` throughout: the decider's word counts. */
export function modeOn(decider: Pick<Decider, 'decide'>): ByMode {
  const byMode: Pick<ByMode, 'mode' | 'decide' | 'checked' | 'foresee'> = {
    mode: new ModeSwitch('on', { debug() {}, warn() {} }, new EventEmitter()),
    decide: (query, context) => decider.decide(query, context),
    checked: (decided) => decided,
    foresee: (foreseen) => foreseen,
  };
  return byMode as ByMode;
}

import { checkOneOf } from '../options/check.js';
import { MODES, type Mode } from '../options/mode.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { RoutingEvents } from './decision-announcer.js';

const TEXT = {
  on: 'reads go where the rules send them',
  shadow: 'everything runs on the master, and report() tells what would have gone to slaves',
  master: 'everything runs on the master',
} satisfies Record<Mode, string>;

/** Whether reads may go to slaves at all. Owned by one set; each decision reads it anew. */
export class ModeSwitch {
  private changes: (() => void) | undefined;

  constructor(
    private mode: Mode,
    private readonly logger: RoutingLogger,
    private readonly events: RoutingEvents,
  ) {
    if (mode !== 'on') logger.warn(`The mode is '${mode}': ${TEXT[mode]}`);
  }

  get current(): Mode {
    return this.mode;
  }

  /** Whether reads may go to slaves. */
  get isOn(): boolean {
    return this.mode === 'on';
  }

  /** The report hears of a change right before it. */
  beforeChange(changes: () => void): void {
    this.changes = changes;
  }

  /** From the next decision on. Throws `InvalidOptionsError` for what is no mode. */
  turn(to: Mode): void {
    checkOneOf('mode', to, MODES);
    const from = this.mode;
    if (to === from) return;
    this.changes?.();
    this.mode = to;
    this.logger.warn(`The mode went from '${from}' to '${to}': ${TEXT[to]} from now on`);
    this.events.emit('mode', { from, to });
  }
}

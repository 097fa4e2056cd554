import type { Engine } from '../engines/engine.js';
import { type EngineState, serves } from '../engines/engine-state.js';
import type { ProbePart } from '../health/engine-probe.js';
import type { HealthListener } from '../health/judge.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { RoutingEvents } from './decision-announcer.js';

/**
 * Tells of engines that come and go: the log, the events' listeners. Listeners are called when health has done its work, so
 * that one which throws breaks its own app's rules and not the judgement of an engine.
 */
export class HealthAnnouncer implements HealthListener {
  constructor(
    private readonly logger: RoutingLogger,
    private readonly events: RoutingEvents,
  ) {}

  engineChanged({ name, state: to }: Engine, from: EngineState): void {
    const because = 'because' in to ? `: ${to.because}` : '';
    const text = shortened(`Engine ${name} went from ${from.kind} to ${to.kind}${because}`);
    if (!serves(to) && to.kind !== 'draining') this.logger.warn(text);
    else if (from.kind !== 'unknown') this.logger.debug(text); // that all is as it should be is no news
    queueMicrotask(() => this.events.emit('engine', { engine: name, from, to }));
  }

  masterChanged(from: Engine, to: Engine): void {
    this.logger.warn(`Engine ${to.name} was promoted: writes go there, and no more to ${from.name}`);
    queueMicrotask(() => this.events.emit('master', { from: from.name, to: to.name }));
  }

  ledAround({ name, endpoint, role }: Engine): void {
    const found = endpoint === 'pooled' ? 'through a pooler' : 'to several servers';
    const then = role === 'slave' ? ': its reads prove what they show, and it is not made the master' : '';
    this.logger.warn(`Engine ${name} leads ${found}${then}`);
  }

  untold({ name }: Engine, part: ProbePart, because: string): void {
    this.logger.warn(shortened(`Engine ${name} does not tell ${PARTS[part]}: ${because}`));
  }
}

/** What is missed where a part is refused; docs/health.md says what to grant. */
const PARTS = {
  position: 'its position, so what clients have seen is kept by time',
  identity: 'which system and timeline it is of',
  replay: 'how it replays',
  receiver: 'whether it receives the log',
} satisfies Record<ProbePart, string>;

/** A line of the log: the rest is in `status()`. */
const LONGEST = 200;

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

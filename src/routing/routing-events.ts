import { EventEmitter } from 'node:events';
import { messageOf } from '../errors.js';
import type { RoutingLogger } from '../routing-logger.js';
import type { RoutingEvents } from './decision-announcer.js';

/**
 * What tells a set's listeners. One that throws, or rejects, harms neither the query at hand nor the other listeners nor the process:
 * the log says so.
 */
export function createRoutingEvents(logger: RoutingLogger): RoutingEvents {
  const events: RoutingEvents = new EventEmitter();
  events.emit = (event: unknown, ...args: unknown[]) => {
    const name = String(event);
    const failed = (error: unknown) =>
      logger.warn(`A listener of the event '${name}' failed: ${messageOf(error)}`);
    const listeners: readonly Function[] = events.rawListeners(name);
    for (const listener of listeners) {
      try {
        const heard: unknown = listener.apply(events, args);
        if (heard instanceof Promise) heard.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
    return listeners.length > 0;
  };
  return events;
}

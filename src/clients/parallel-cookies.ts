import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import type { ClientRequest } from './client-request.js';

/** So many parallel responses of one process each have a cookie of their own, as far as those stay small together. */
const MOST_COOKIES = 8;
/** With names; leaves room for the mark in 1 KB. */
const MOST_BYTES = 896;

/** For how long responses count as parallel that replace the same cookies. */
const WINDOW_MS = 60_000;

/** Clients that are told apart at once. Who is not remembered may get more cookies than it should. */
const MOST_CLIENTS = 1_000;

interface Given {
  readonly sinceMs: number;
  readonly names: Set<string>;
  bytes: number;
  /** Requests without cookies that have no answer yet. */
  waiting: number;
}

/**
 * Counts the cookies that parallel responses have given to one client: to requests that brought the same cookies; or, without
 * any, to requests of one address and user agent of which always one has waited for its answer. Two clients of one name share a
 * count, which costs the master a little.
 */
export class ParallelCookies {
  private readonly given = new LRUCache<string, Given>({ max: MOST_CLIENTS });

  constructor(private readonly clock: Pick<Clock, 'nowMs'>) {}

  /** A request without cookies comes. */
  comes(client: string): void {
    this.of(client).waiting++;
  }

  /** It has its answer. */
  isAnswered(client: string): void {
    const given = this.of(client);
    if (--given.waiting <= 0) this.given.delete(client);
  }

  /** Whether one more may be given; a cookie of the same name takes the place of the one before. */
  takes(client: string, name: string, bytes: number): boolean {
    const given = this.of(client);
    if (given.names.has(name)) return true;
    if (given.names.size >= MOST_COOKIES || given.bytes + bytes > MOST_BYTES) return false;
    given.names.add(name);
    given.bytes += bytes;
    return true;
  }

  private of(client: string): Given {
    const nowMs = this.clock.nowMs();
    let given = this.given.get(client);
    if (!given || nowMs - given.sinceMs > WINDOW_MS) {
      given = { sinceMs: nowMs, names: new Set(), bytes: 0, waiting: given?.waiting ?? 0 };
      this.given.set(client, given);
    }
    return given;
  }
}

/** What tells clients without cookies apart. Each may say what it likes: it is told apart from itself at most. */
export function strangerOf({ socket, headers }: ClientRequest): string {
  const parts = [socket.remoteAddress, headers['x-forwarded-for'], headers['user-agent']];
  return parts.join(' ').slice(0, LONGEST_NAME);
}

/** The same of clients with cookies. */
export function nameOf(brought: readonly string[]): string {
  return brought.join(' ').slice(0, LONGEST_NAME);
}

const LONGEST_NAME = 1_000;

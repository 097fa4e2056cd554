import { LRUCache } from 'lru-cache';
import type { Clock } from '../clock.js';
import type { ClientRequest } from './client-request.js';

/** So many parallel responses of one process each have a cookie of their own, as far as those stay small together. */
const MOST_COOKIES = 8;
/** With names; leaves room for the mark in 1 KB. */
const MOST_BYTES = 896;

/** `=`, `; ` */
const SEPARATORS = 3;

/** For how long it is kept which cookies a client holds. */
const WINDOW_MS = 60_000;

/** Cookies by which clients are known at once. A client that is not remembered may get more cookies than it should. */
const MOST_COOKIES_KNOWN = 8_000;

/** Fresh clients that are told apart at once. */
const MOST_STRANGERS = 1_000;

/**
 * The cookies that responses of this process have set and not ended, bytes by name. What a client came with is none of them: each
 * response ends what its request brought.
 */
interface Jar {
  readonly sinceMs: number;
  readonly cookies: Map<string, number>;
}

/** A client that brings none, of which always one request has waited for its answer. */
interface Stranger {
  readonly jar: Jar;
  waiting: number;
}

/** What a response does to the cookies of its client. */
export interface CookieChange {
  /** What the request came with, values by name. */
  readonly brought: ReadonlyMap<string, string>;
  /** Names of those that the response ends. */
  readonly ended: readonly string[];
  readonly name: string;
  readonly text: string;
}

/**
 * Counts the cookies that each client holds while its requests overlap. A client is known by any cookie that it brings, and by
 * its address and user agent beside, since clients that have read the same bring the same; without cookies by the latter
 * alone, until all its requests are answered. Two clients that can't be told apart share a count, which costs the master a
 * little.
 */
export class ParallelCookies {
  private readonly jars = new LRUCache<string, Jar>({ max: MOST_COOKIES_KNOWN });
  private readonly strangers = new LRUCache<string, Stranger>({ max: MOST_STRANGERS });

  constructor(private readonly clock: Pick<Clock, 'nowMs'>) {}

  /** A request without cookies comes. */
  comes(client: string): void {
    this.stranger(client).waiting++;
  }

  /** It has its answer. */
  isAnswered(client: string): void {
    const stranger = this.stranger(client);
    if (--stranger.waiting <= 0) this.strangers.delete(client);
  }

  /** Whether the response may set one more. A cookie of the same name takes the place of the one before. */
  takes(client: string, { brought, ended, name, text }: CookieChange): boolean {
    const jar = brought.size === 0 ? this.stranger(client).jar : this.jarOf(client, brought);
    const cookies = new Map(jar.cookies);
    for (const one of ended) cookies.delete(one);
    cookies.set(name, bytesOf(name, text));
    const bytes = [...cookies.values()].reduce((sum, each) => sum + each, 0);
    if (cookies.size > MOST_COOKIES || bytes > MOST_BYTES) return false;
    for (const one of ended) jar.cookies.delete(one);
    jar.cookies.set(name, bytesOf(name, text));
    this.jars.set(keyOf(client, name, text), jar);
    return true;
  }

  private jarOf(client: string, brought: ReadonlyMap<string, string>): Jar {
    const keys = Array.from(brought, ([name, text]) => keyOf(client, name, text));
    const known = keys.map((key) => this.jars.get(key)).find((jar) => jar && !this.isOver(jar));
    const jar = known ?? this.emptyJar();
    for (const key of keys) this.jars.set(key, jar);
    return jar;
  }

  private stranger(client: string): Stranger {
    const known = this.strangers.get(client);
    if (known && !this.isOver(known.jar)) return known;
    const stranger = { jar: this.emptyJar(), waiting: known?.waiting ?? 0 };
    this.strangers.set(client, stranger);
    return stranger;
  }

  private emptyJar(): Jar {
    return { sinceMs: this.clock.nowMs(), cookies: new Map() };
  }

  private isOver({ sinceMs }: Jar): boolean {
    return this.clock.nowMs() - sinceMs > WINDOW_MS;
  }
}

const keyOf = (client: string, name: string, text: string) => `${client}\n${name}=${text}`;

const bytesOf = (name: string, text: string) => name.length + text.length + SEPARATORS;

/** What tells clients apart beside their cookies. Each may say what it likes: it is told apart from itself at most. */
export function strangerOf({ socket, headers }: ClientRequest): string {
  const parts = [socket.remoteAddress, headers['x-forwarded-for'], headers['user-agent']];
  return parts.join(' ').slice(0, LONGEST_NAME);
}

const LONGEST_NAME = 1_000;

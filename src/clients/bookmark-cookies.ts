import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { parse } from 'cookie';
import type { Clock } from '../clock.js';
import { ANYWHERE } from '../context/seen.js';
import type { ResolvedCookie } from '../options/resolve-cookie.js';
import type { ClientRequest } from './client-request.js';
import { cookieText, endCookie, setCookie } from './cookies.js';
import { ParallelCookies, strangerOf } from './parallel-cookies.js';

/** What a request brought. */
export interface Brought {
  /** By name. */
  readonly cookies: ReadonlyMap<string, string>;
  /** What tells its client from others. */
  readonly client: string;
}

/** What a response says in its cookie. */
export interface BookmarkToSet {
  readonly text: string;
  /** Where more was seen than a position says, `'*'` for anywhere. */
  readonly server: string | undefined;
  /** Differs where the bookmark says something else. */
  readonly says: string;
}

/** What bookmarks in cookies are put together from. */
export interface BookmarkCookiesParts {
  readonly cookie: ResolvedCookie;
  readonly maxAgeSeconds: number;
  /** How long a slave may lag behind and still serve: what was seen longer ago is seen everywhere. */
  readonly markSeconds: number;
  /** A bookmark that makes its client ask the master for so many seconds. */
  readonly mark: (seconds: number) => string;
  readonly random: () => number;
  readonly clock: Clock;
}

/**
 * Each response that has something new sets a cookie and ends those that its request came with: so responses to parallel
 * requests never overwrite what another one had to say, and the next request brings, and merges, them all. Where they would
 * be too many, a mark stands for the rest: it is only ever set, never ended, so that no other response can take it away.
 */
export class BookmarkCookies {
  private readonly parallel: ParallelCookies;
  private readonly prefix: string;

  constructor(private readonly parts: BookmarkCookiesParts) {
    this.parallel = new ParallelCookies(parts.clock);
    this.prefix = `${parts.cookie.name}.`;
  }

  /** Called once for each request; `isAnswered` is to be called when its response goes. */
  broughtBy(request: ClientRequest): Brought {
    const cookies = this.of(request);
    const client = strangerOf(request);
    if (cookies.size === 0) this.parallel.comes(client);
    return { cookies, client };
  }

  isAnswered({ cookies, client }: Brought): void {
    if (cookies.size === 0) this.parallel.isAnswered(client);
  }

  /** Those that a request has, by name. */
  of({ headers }: Pick<ClientRequest, 'headers'>): ReadonlyMap<string, string> {
    const { prefix } = this;
    if (!headers.cookie?.includes(prefix)) return NO_COOKIES;
    const cookies = Object.entries(parse(headers.cookie)).filter(([name]) => name.startsWith(prefix));
    return new Map(cookies.map(([name, value]) => [name, value ?? '']));
  }

  /** Whether what was brought is more than one response would leave. */
  areMany({ cookies }: Brought): boolean {
    return cookies.size > (cookies.has(this.markName) ? 2 : 1);
  }

  set(bookmark: BookmarkToSet, brought: Brought, response: ServerResponse): void {
    const { cookie, maxAgeSeconds, markSeconds, mark } = this.parts;
    const name = this.prefix + this.tagOf(bookmark);
    const { text } = bookmark;
    const ended = this.toEnd(brought, name);
    if (!this.parallel.takes(brought.client, { brought: brought.cookies, ended, name, text }))
      return setCookie(response, { ...cookie, name: this.markName }, mark(markSeconds), markSeconds);
    this.endAll(ended, response);
    setCookie(response, { ...cookie, name }, text, maxAgeSeconds);
  }

  /**
   * What a socket shows comes after its handshake: as with an event stream, its client asks the master with each request. It has a
   * name of its own, so that a client which connects again and again has one of them.
   */
  ofHandshake(): string {
    const { cookie, maxAgeSeconds, mark } = this.parts;
    return cookieText({ ...cookie, name: `${this.prefix}socket` }, mark(maxAgeSeconds), maxAgeSeconds);
  }

  end(brought: Brought, response: ServerResponse): void {
    this.endAll(this.toEnd(brought), response);
  }

  private toEnd({ cookies }: Brought, kept?: string): string[] {
    return [...cookies.keys()].filter((name) => name !== this.markName && name !== kept).slice(0, MOST_ENDED);
  }

  private endAll(names: readonly string[], response: ServerResponse): void {
    for (const name of names) endCookie(response, { ...this.parts.cookie, name });
  }

  private get markName(): string {
    return `${this.prefix}beyond`;
  }

  /**
   * Another one for each response; but the same for those that say the same of one server at about the same time, so
   * that many parallel reads leave few cookies.
   */
  private tagOf({ server, says }: BookmarkToSet): string {
    const { random, clock } = this.parts;
    const isOfServer = server !== undefined && server !== ANYWHERE;
    const number = isOfServer
      ? hash(`${says}:${Math.floor(clock.wallMs() / SAME_NAME_MS)}`)
      : Math.floor(random() * TAGS);
    return (number % TAGS).toString(36);
  }
}

const TAGS = 36 ** 4;

/** For how long responses that say the same use the same name. */
export const SAME_NAME_MS = 10_000;

/** A client that brings more is after something else; the head of a response must stay small. */
const MOST_ENDED = 100;

const NO_COOKIES: ReadonlyMap<string, string> = new Map();

function hash(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}

import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Pins } from './pins.js';
import type { Context, Work } from '../context/context.js';
import type { ResolvedCookieless } from '../options/resolve-pin-options.js';
import type { ClientRequest } from './client-request.js';
import { cookieValues, setCookie } from './cookies.js';
import type { WatchedStore } from './watched-store.js';

export interface CookielessPinsOptions extends Omit<ResolvedCookieless, 'store'> {
  readonly set: string;
  readonly seconds: number;
  /** The first one hashes, all of them are looked up, so that secrets can be rotated. */
  readonly secrets: readonly string[];
}

/**
 * Pins of clients that keep no cookies, in a store that all processes share. Each response to a client that has not
 * shown yet that it keeps them sets a session cookie; a client that brings it back is left alone from then on.
 */
export class CookielessPins {
  private readonly clients = new WeakMap<Work, ClientRequest>();
  private readonly saved = new WeakSet<Work>();

  constructor(
    private readonly pins: Pins,
    private readonly store: WatchedStore,
    private readonly options: CookielessPinsOptions,
  ) {}

  attach({ work }: Context, request: ClientRequest): void {
    const keepsCookies = cookieValues(request, this.options.cookie.name).length > 0;
    if (!keepsCookies) this.clients.set(work, request);
  }

  showCookie({ work }: Context, response: ServerResponse): void {
    if (this.clients.has(work)) setCookie(response, this.options.cookie, '1');
  }

  /** Pins the context of a client that wrote a moment ago; where the store fails, of any, since it may have. */
  load({ work }: Context): Promise<void> | undefined {
    const client = this.clients.get(work);
    return client && this.isPinned(client).then((isPinned) => void (work.pinned = isPinned));
  }

  /** Resolves when the client is known to be pinned, so that the response may go. Once per work; never rejects. */
  save({ work }: Context): Promise<void> | undefined {
    const client = this.clients.get(work);
    if (!client || this.saved.has(work)) return undefined;
    this.saved.add(work);
    return this.write(client).catch(() => undefined);
  }

  private async isPinned(client: ClientRequest): Promise<boolean> {
    try {
      const pins = await Promise.all(this.keys(client).map((key) => this.store.get(key)));
      return pins.some((pin) => typeof pin === 'string' && this.pins.holds(pin));
    } catch {
      return true;
    }
  }

  private async write(client: ClientRequest): Promise<void> {
    await this.store.set(this.keys(client)[0]!, this.pins.issue(), this.options.seconds * 1000);
  }

  private keys(client: ClientRequest): string[] {
    const { set, secrets } = this.options;
    return secrets.map((secret) => `database-pin:${set}:${clientFingerprint(client, secret)}`);
  }
}

/**
 * What tells clients without cookies from each other, hashed, so that a reader of the store learns nothing of them:
 * address, user agent, and what encodings and languages they take. Two of one name are pinned together, which costs the
 * master a little and harms nobody. From the clearcare fork of django-multidb-router, which believes every forwarded-for.
 */
function clientFingerprint({ ip, socket, headers }: ClientRequest, secret: string): string {
  const parts = [
    ip ?? socket.remoteAddress,
    headers['user-agent'],
    headers['accept-encoding'],
    headers['accept-language'],
  ];
  return createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url');
}

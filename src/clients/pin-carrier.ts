import type { ServerResponse } from 'node:http';
import type { Pins } from './pins.js';
import type { Context } from '../context/context.js';
import type { ResolvedPinOptions } from '../options/resolve-pin-options.js';
import type { CarriedFaults } from './carried-faults.js';
import type { ClientRequest } from './client-request.js';
import { cookieValues, setCookie } from './cookies.js';
import type { CookielessPins } from './cookieless-pins.js';
import type { Carrier } from './carrier.js';

/**
 * Carries pins with the client, in a cookie that the response to each writer sets anew, and to nobody else; and for
 * clients that keep no cookies in a store.
 */
export class PinCarrier implements Carrier {
  readonly isByTime = true;

  constructor(
    private readonly pins: Pins,
    private readonly options: Pick<ResolvedPinOptions, 'cookie' | 'seconds'>,
    private readonly cookieless: CookielessPins | undefined,
  ) {}

  get faults(): CarriedFaults {
    return this.pins.faults;
  }

  attach(context: Context, request: ClientRequest, response: ServerResponse): () => void {
    const { cookie, seconds } = this.options;
    this.take(context, this.broughtBy(request));
    this.cookieless?.attach(context, request);
    return () => {
      this.cookieless?.showCookie(context, response);
      if (!this.pins.isDue(context)) return;
      setCookie(response, cookie, this.pins.issue(), seconds);
      void this.cookieless?.save(context);
    };
  }

  load(context: Context): Promise<void> | undefined {
    return context.work.pinned ? undefined : this.cookieless?.load(context);
  }

  finish(context: Context): Promise<void> | undefined {
    return this.pins.isDue(context) ? this.cookieless?.save(context) : undefined;
  }

  broughtBy(request: Pick<ClientRequest, 'headers'>): string[] {
    return cookieValues(request, this.options.cookie.name);
  }

  take({ work }: Context, pins: readonly string[]): void {
    if (pins.some((pin) => this.pins.holds(pin))) work.pinned = true;
  }

  tell(context: Context): string | undefined {
    return this.pins.isDue(context) ? this.pins.issue() : undefined;
  }

  /** A pin says that its client wrote, and nobody knows yet whether it will. */
  handshakeCookie(): undefined {
    return undefined;
  }
}

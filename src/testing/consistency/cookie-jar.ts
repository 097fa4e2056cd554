interface Cookie {
  readonly value: string;
  readonly path: string;
  readonly expiresAtMs: number;
}

/**
 * The cookies of one client of one site, as a browser keeps them behind a load balancer: shared by all ports and
 * processes of the host (RFC 6265, 8.5), sent where the path fits, gone when they expire. Domains and Secure are not
 * looked at: there is one site.
 */
export class CookieJar {
  private readonly cookies = new Map<string, Cookie>();

  constructor(private readonly nowMs: () => number = Date.now) {}

  /** The `Cookie` header for a path; undefined where there is nothing to send. */
  header(path: string): string | undefined {
    const now = this.nowMs();
    for (const [name, { expiresAtMs }] of this.cookies) if (expiresAtMs <= now) this.cookies.delete(name);
    const sent = [...this.cookies].filter(([, cookie]) => matches(path, cookie.path));
    return sent.map(([name, { value }]) => `${name}=${value}`).join('; ') || undefined;
  }

  /** Takes a response's `Set-Cookie` headers. */
  store(setCookies: readonly string[]): void {
    for (const line of setCookies) this.storeOne(line);
  }

  private storeOne(line: string): void {
    const [pair = '', ...parts] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    if (at < 1) return;
    const attributes = new Map(parts.map(attribute));
    const path = attributes.get('path') ?? '/';
    const expiresAtMs = this.expiry(attributes);
    this.cookies.set(pair.slice(0, at), {
      value: pair.slice(at + 1),
      path: path.startsWith('/') ? path : '/',
      expiresAtMs,
    });
  }

  /** Max-Age goes before Expires; neither: it lasts as long as the jar. */
  private expiry(attributes: ReadonlyMap<string, string>): number {
    const seconds = Number(attributes.get('max-age') ?? Number.NaN);
    if (!Number.isNaN(seconds)) return this.nowMs() + seconds * 1000;
    const at = Date.parse(attributes.get('expires') ?? '');
    return Number.isNaN(at) ? Number.POSITIVE_INFINITY : at;
  }
}

function attribute(part: string): [name: string, value: string] {
  const [name = '', ...value] = part.split('=');
  return [name.toLowerCase(), value.join('=')];
}

function matches(path: string, of: string): boolean {
  return path === of || path.startsWith(of.endsWith('/') ? of : `${of}/`);
}

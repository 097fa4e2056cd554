import { checkKeys, refuse } from '../../options/check.js';
import type {
  ConsistencyClient,
  ConsistencyDriver,
  ListReading,
  RegisterReading,
  Written,
} from './consistency-driver.js';
import { CookieJar } from './cookie-jar.js';

export interface HttpDriverOptions {
  /** Where the app listens; of several (processes of one app) each client goes to one after the other. */
  readonly url: string | readonly string[];
  /** Sent with every request, such as an authorization; a function is asked once per client. */
  readonly headers?:
    Readonly<Record<string, string>> | ((client: number) => Readonly<Record<string, string>>);
  /** Names of response headers that a client sends with its next request, as API clients do that keep no cookies. */
  readonly carriedHeaders?: readonly string[];
  /** A request that takes longer is an error. Default 30 000. */
  readonly timeoutMs?: number;
}

const KNOWN = ['url', 'headers', 'carriedHeaders', 'timeoutMs'] satisfies (keyof HttpDriverOptions)[];
const ENGINE_HEADER = 'database-engine';

/**
 * Clients of an app over HTTP, each with a cookie jar of its own. The app gives these answers as JSON, of a
 * `ConsistencyStore` on its Knex for instance:
 *
 * | request | answer |
 * |---|---|
 * | `PUT /registers/:key` with `{ value }` | `{ version }`: the new version, counted from 1 |
 * | `GET /registers/:key` | `{ version, value }`; `{ version: 0, value: null }` where nothing was written |
 * | `GET /registers?key=b&key=a` | `{ registers: [{ version, value }, …] }`, read one after the other in this order |
 * | `POST /lists/:list` with `{ value }` | `{ version }`: the list's new length |
 * | `GET /lists/:list` | `{ values: […] }` |
 *
 * Any status but 200 and 201 is an error. A `Database-Engine` header (`exposeDecisions: true`) tells who answered.
 */
export function httpDriver(options: HttpDriverOptions): ConsistencyDriver {
  checkKeys('httpDriver()', options, KNOWN);
  const urls = [options.url].flat();
  if (urls.length === 0) refuse('url', 'at least one URL', 'none');
  return { client: (id) => new HttpClient(id, urls, options) };
}

interface Answer {
  readonly body: unknown;
  readonly engine: string | undefined;
}

class HttpClient implements ConsistencyClient {
  private readonly cookies = new CookieJar();
  private readonly headers: Record<string, string>;
  private requests: number;

  constructor(
    id: number,
    private readonly urls: readonly string[],
    private readonly options: HttpDriverOptions,
  ) {
    this.requests = id;
    const { headers = {} } = options;
    this.headers = { ...(typeof headers === 'function' ? headers(id) : headers) };
  }

  async write(register: string, value: string): Promise<Written> {
    return written(await this.ask('PUT', `/registers/${encodeURIComponent(register)}`, { value }));
  }

  async append(list: string, value: string): Promise<Written> {
    return written(await this.ask('POST', `/lists/${encodeURIComponent(list)}`, { value }));
  }

  async read(register: string): Promise<RegisterReading> {
    const { body, engine } = await this.ask('GET', `/registers/${encodeURIComponent(register)}`);
    return { ...(body as RegisterReading), engine };
  }

  async readList(list: string): Promise<ListReading> {
    const { body, engine } = await this.ask('GET', `/lists/${encodeURIComponent(list)}`);
    return { ...(body as ListReading), engine };
  }

  async readAll(registers: readonly string[]): Promise<readonly RegisterReading[]> {
    const query = registers.map((key) => `key=${encodeURIComponent(key)}`).join('&');
    const { body, engine } = await this.ask('GET', `/registers?${query}`);
    return (body as { registers: RegisterReading[] }).registers.map((reading) => ({ ...reading, engine }));
  }

  private async ask(method: string, path: string, body?: object): Promise<Answer> {
    const url = new URL(path, this.urls[this.requests++ % this.urls.length]);
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: this.requestHeaders(url.pathname, body),
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.timeout(this.options.timeoutMs ?? 30_000),
    });
    this.keep(response.headers);
    const text = await response.text();
    if (response.status > 201)
      throw new Error(`${method} ${url.pathname} answered ${response.status}: ${text.slice(0, 200)}`);
    return { body: JSON.parse(text) as unknown, engine: engineIn(response.headers) };
  }

  private requestHeaders(path: string, body: object | undefined): Record<string, string> {
    const cookie = this.cookies.header(path);
    return {
      ...this.headers,
      ...(cookie ? { cookie } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
    };
  }

  /** Of failed requests too: a handler that throws after its write has written. */
  private keep(headers: Headers): void {
    this.cookies.store(headers.getSetCookie());
    for (const name of this.options.carriedHeaders ?? []) {
      const value = headers.get(name);
      if (value !== null) this.headers[name] = value;
    }
  }
}

function written({ body, engine }: Answer): Written {
  return { ...(body as Written), engine };
}

/** `slave1;reason=balanced, master;reason=write`: the decision that came last. */
function engineIn(headers: Headers): string | undefined {
  return headers.get(ENGINE_HEADER)?.split(',').at(-1)?.split(';')[0]?.trim();
}

import { CookieJar } from 'tough-cookie';
import type { Answer, RunningApp } from './running-app.js';

/** Somebody with a browser, whose cookies know no ports (RFC 6265). */
export class Person {
  readonly jar = new CookieJar();

  constructor(private readonly app: RunningApp) {}

  /** The same person, before another process of the same app. */
  at(app: RunningApp): Person {
    return Object.assign(new Person(app), { jar: this.jar });
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { headers });
  }

  post(path: string, body: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  /** The cookies that it would send now, by name. */
  async cookies(): Promise<Record<string, string>> {
    const cookies = await this.jar.getCookies(this.app.url);
    return Object.fromEntries(cookies.map(({ key, value }) => [key, value]));
  }

  async bring(name: string, value: string): Promise<void> {
    await this.jar.setCookie(`${name}=${value}; Path=/`, this.app.url, { loose: true });
  }

  /** As the response comes, so that it can be told which of two came first. */
  private async ask(path: string, { headers, ...init }: RequestInit): Promise<Answer> {
    const cookie = await this.jar.getCookieString(this.app.url);
    const sent = { ...(headers as Record<string, string>), ...(cookie && { cookie }) };
    const answer = await this.app.get(path, { ...init, headers: sent });
    for (const line of answer.headers.getSetCookie()) await this.jar.setCookie(line, this.app.url);
    return answer;
  }
}

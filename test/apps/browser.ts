import { CookieJar } from 'tough-cookie';
import type { Answer, RunningApp } from './running-app.js';

/** A client of an app that keeps its cookies as browsers do, or, with `keepsCookies` false, none. */
export class Browser {
  readonly jar = new CookieJar();

  constructor(
    private readonly running: RunningApp,
    private readonly headers: Readonly<Record<string, string>> = {},
    private readonly keepsCookies = true,
  ) {}

  get(path: string): Promise<Answer> {
    return this.ask('GET', path);
  }

  post(path: string): Promise<Answer> {
    return this.ask('POST', path);
  }

  async ask(method: string, path: string): Promise<Answer> {
    const url = this.running.url + path;
    const cookie = this.keepsCookies ? await this.jar.getCookieString(url) : '';
    const headers = { ...this.headers, ...(cookie && { cookie }) };
    const answer = await this.running.get(path, { method, headers });
    for (const line of answer.headers.getSetCookie())
      await this.jar.setCookie(line, url, { ignoreError: true });
    return answer;
  }
}

import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SYSTEM_CLOCK } from '../../../src/clock.js';
import { BookmarkCookies, type Brought } from '../../../src/clients/bookmark-cookies.js';
import { CookieJar } from '../../../src/testing/consistency/cookie-jar.js';

const COOKIE = { name: 'seen', path: '/', sameSite: 'lax', secure: false, httpOnly: true } as const;
/** As long as a bookmark of a position, and another one each time. */
const text = () => `1.${String(next).padStart(62, 'b')}.${'s'.repeat(22)}`;

let nowMs: number;
let cookies: BookmarkCookies;
let next: number;

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  next = 0;
  cookies = new BookmarkCookies({
    cookie: COOKIE,
    maxAgeSeconds: 3600,
    markSeconds: 70,
    mark: (seconds) => `mark${seconds}`,
    random: () => next++ / 36 ** 4,
    clock: { ...SYSTEM_CLOCK, nowMs: () => nowMs, wallMs: () => nowMs },
  });
});

/** What a request with these cookies brings. */
function broughtBy(cookie = '', agent = 'a'): Brought {
  return cookies.broughtBy({
    headers: { cookie, 'user-agent': agent },
    socket: { remoteAddress: '10.0.0.1' },
  });
}

/** What a response to it sets. */
function setBy(bookmark: { server?: string; position?: bigint }, brought: Brought): string[] {
  const lines: string[] = [];
  const response = { appendHeader: (_name: string, line: string) => lines.push(line) };
  const { server, position = 5n } = bookmark;
  cookies.set(
    { server, says: `${position}:${server}`, text: text() },
    brought,
    response as unknown as ServerResponse,
  );
  cookies.isAnswered(brought);
  return lines;
}

describe('the cookies of parallel responses', () => {
  it('are one each for eight, and a mark for the rest, in 1 KB', () => {
    const jar = new CookieJar();
    const requests = Array.from({ length: 200 }, () => broughtBy());
    for (const brought of requests) jar.store(setBy({}, brought));
    const header = jar.header('/') ?? '';
    expect(header.split('; ')).toHaveLength(9);
    expect(header).toContain('seen.beyond=mark70');
    expect(header.length).toBeLessThan(1024);
  });

  it('are as few where requests bring what different responses before them have set', () => {
    const jar = new CookieJar();
    jar.store(setBy({}, broughtBy('seen.x=1')));
    const underWay = Array.from({ length: 40 }, () => broughtBy(jar.header('/')));
    for (let at = 0; at < 200; at++) {
      jar.store(setBy({}, underWay.splice((at * 7) % underWay.length, 1)[0]!));
      underWay.push(broughtBy(jar.header('/')));
      expect(jar.header('/')!.length).toBeLessThan(1024);
    }
  });

  it('that stand beyond take none away that the client brought', () => {
    for (let at = 0; at < 8; at++) setBy({}, broughtBy('seen.x=1'));
    expect(setBy({}, broughtBy('seen.x=1'))).toEqual([
      expect.stringMatching(/^seen\.beyond=mark70; Max-Age=70;/),
    ]);
  });

  it('count for each client, by what it brought, and not for ever', () => {
    for (let at = 0; at < 8; at++) setBy({}, broughtBy('seen.x=1'));
    expect(setBy({}, broughtBy('seen.x=2')).join()).not.toContain('mark');
    nowMs += 60_001;
    expect(setBy({}, broughtBy('seen.x=1')).join()).not.toContain('mark');
  });

  it('count without cookies for each address and user agent, as long as one request waits', () => {
    const waiting = ['a', 'b'].map((agent) => broughtBy('', agent));
    for (const agent of ['a', 'b'])
      for (let at = 0; at < 8; at++) expect(setBy({}, broughtBy('', agent))[0]).not.toContain('mark');
    for (const brought of waiting) expect(setBy({}, brought)[0]).toContain('mark');
    for (let at = 0; at < 20; at++) expect(setBy({}, broughtBy())[0]).not.toContain('mark');
  });

  it('that say the same of one server have one name for a while', () => {
    const nameOf = (server: string, position = 5n) =>
      setBy({ server, position }, broughtBy())[0]!.split('=')[0];
    const name = nameOf('slave1@1');
    expect(nameOf('slave1@1')).toBe(name);
    expect(nameOf('slave2@1')).not.toBe(name);
    expect(nameOf('slave1@1', 6n)).not.toBe(name);
    expect(nameOf('*')).not.toBe(nameOf('*'));
    nowMs += 10_000;
    expect(nameOf('slave1@1')).not.toBe(name);
  });

  it('end all that was brought at once, but for the mark', () => {
    const brought = Array.from({ length: 60 }, (_, at) => `seen.x${at}=x`);
    const lines = setBy({}, broughtBy([...brought, 'seen.beyond=y', 'other=1'].join('; ')));
    expect(lines).toHaveLength(61);
    expect(lines[0]).toBe('seen.x0=; Max-Age=0; Path=/');
    expect(
      setBy({}, broughtBy(Array.from({ length: 300 }, (_, at) => `seen.y${at}=y`).join('; '))),
    ).toHaveLength(101);
    expect(lines.join('\n').length).toBeLessThan(2048);
  });
});

it('a mark beside a bookmark is no reason for another one', () => {
  expect(cookies.areMany(broughtBy('seen.a=1; seen.beyond=2'))).toBe(false);
  expect(cookies.areMany(broughtBy('seen.a=1; seen.b=2'))).toBe(true);
});

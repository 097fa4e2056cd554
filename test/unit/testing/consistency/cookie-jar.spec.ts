import { beforeEach, describe, expect, it } from '@jest/globals';
import { CookieJar } from '../../../../src/testing/consistency/cookie-jar.js';

describe('a cookie jar', () => {
  let nowMs: number;
  let jar: CookieJar;

  beforeEach(() => {
    nowMs = Date.parse('2026-01-01T00:00:00Z');
    jar = new CookieJar(() => nowMs);
  });

  it('sends back what it got, the newest of each name', () => {
    jar.store(['a=1; Path=/; HttpOnly; SameSite=Lax', 'b=x=y']);
    jar.store(['a=2; Path=/']);
    expect(jar.header('/any')).toBe('a=2; b=x=y');
  });

  it('has nothing to send at first, nor after nonsense', () => {
    jar.store(['', '=x', 'novalue']);
    expect(jar.header('/')).toBeUndefined();
  });

  it('keeps a cookie to its path', () => {
    jar.store(['a=1; Path=/lists']);
    expect(jar.header('/lists')).toBe('a=1');
    expect(jar.header('/lists/one')).toBe('a=1');
    expect(jar.header('/listsful')).toBeUndefined();
    expect(jar.header('/')).toBeUndefined();
  });

  it('forgets a cookie after Max-Age seconds, whatever Expires says', () => {
    jar.store(['a=1; Max-Age=15; Expires=Fri, 01 Jan 2100 00:00:00 GMT']);
    nowMs += 14_999;
    expect(jar.header('/')).toBe('a=1');
    nowMs += 1;
    expect(jar.header('/')).toBeUndefined();
  });

  it('forgets a cookie at Expires, and at once when it is deleted', () => {
    jar.store(['a=1; expires=Thu, 01 Jan 2026 00:00:15 GMT', 'b=1']);
    jar.store(['b=; Max-Age=0']);
    expect(jar.header('/')).toBe('a=1');
    nowMs += 15_000;
    expect(jar.header('/')).toBeUndefined();
  });
});

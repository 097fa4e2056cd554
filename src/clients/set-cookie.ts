import type { ServerResponse } from 'node:http';
import { serialize } from 'cookie';
import type { ResolvedCookie } from '../options/resolve-cookie.js';

/** Adds a cookie to those that a response sets already; without an age it lasts as long as the browser runs. */
export function setCookie(
  response: ServerResponse,
  { name, path, domain, sameSite, secure, httpOnly }: ResolvedCookie,
  value: string,
  maxAgeSeconds?: number,
): void {
  const cookie = serialize(name, value, {
    path,
    sameSite,
    secure,
    httpOnly,
    ...(domain !== undefined && { domain }),
    ...(maxAgeSeconds !== undefined && { maxAge: Math.ceil(maxAgeSeconds) }),
  });
  response.appendHeader('Set-Cookie', cookie);
}

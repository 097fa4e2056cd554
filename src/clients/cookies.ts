import type { ServerResponse } from 'node:http';
import { serialize } from 'cookie';
import type { ClientRequest } from './client-request.js';
import type { ResolvedCookie } from '../options/resolve-cookie.js';

/** Adds a cookie to those that a response sets already; without an age it lasts as long as the browser runs. */
export function setCookie(
  response: ServerResponse,
  cookie: ResolvedCookie,
  value: string,
  maxAgeSeconds?: number,
): void {
  response.appendHeader('Set-Cookie', cookieText(cookie, value, maxAgeSeconds));
}

/** A cookie as the header `Set-Cookie` has it. */
export function cookieText(
  { name, path, domain, sameSite, secure, httpOnly }: ResolvedCookie,
  value: string,
  maxAgeSeconds?: number,
): string {
  return serialize(name, value, {
    path,
    sameSite,
    secure,
    httpOnly,
    ...(domain !== undefined && { domain }),
    ...(maxAgeSeconds !== undefined && { maxAge: Math.ceil(maxAgeSeconds) }),
  });
}

/** Takes a cookie away, in as few letters as browsers need for it. */
export function endCookie(
  response: ServerResponse,
  { name, path, domain, sameSite, secure }: ResolvedCookie,
): void {
  const cookie = serialize(name, '', {
    path,
    maxAge: 0,
    secure,
    ...(sameSite === 'none' && { sameSite }),
    ...(domain !== undefined && { domain }),
  });
  response.appendHeader('Set-Cookie', cookie);
}

/** All values of a cookie, as they came: a browser sends several of one name where their paths or domains differ. */
export function cookieValues({ headers }: Pick<ClientRequest, 'headers'>, name: string): string[] {
  const pairs = headers.cookie?.split(';').map((pair) => pair.trim()) ?? [];
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}

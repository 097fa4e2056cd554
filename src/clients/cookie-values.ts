import type { ClientRequest } from './client-request.js';

/** All values of a cookie, as they came: a browser sends several of one name where their paths or domains differ. */
export function cookieValues({ headers }: Pick<ClientRequest, 'headers'>, name: string): string[] {
  const pairs = headers.cookie?.split(';').map((pair) => pair.trim()) ?? [];
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
}
